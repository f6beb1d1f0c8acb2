//! What is looked up of a mail's author and of what it names.

use super::handling::Handling;
use crate::account::Account;
use crate::desk::Desk;
use crate::email::Thread;
use crate::inbound::course::{Seen, name_of};
use crate::inbound::reading::Mailbox;
use crate::inbound::{Arrival, Receipt, gate, number};
use crate::incident::Incident;
use crate::incident::values::{Domain, EmailAddress, IncidentNumber};
use crate::policy::Alias;
use crate::store::{Store, StoreError};

/// The parts of a domain that may belong to one owner: no account has a domain of one part.
const FEWEST_PARTS: usize = 2;
/// Of the numbers that a mail may name, so many are looked up.
const LOOKED_UP: usize = 5;

/// Whether the author is who the mail says: by the domain's own word, or by the signature of a domain
/// that an account or a team has.
pub(super) async fn is_believed<S: Store>(
    desk: &Desk<S>,
    receipt: &Receipt,
    author: &EmailAddress,
) -> Result<bool, StoreError> {
    if gate::is_vouched_for(receipt) {
        return Ok(true);
    }
    let Ok(domain) = author.domain().parse::<Domain>() else { return Ok(false) };
    if !gate::may_be_signed_for(receipt) {
        return Ok(false);
    }
    if gate::is_signed_for_team(receipt, author, &domain, &desk.policy) {
        return Ok(true);
    }
    let known = known_domain(desk, &domain).await?;
    Ok(known.is_some_and(|(known, _)| receipt.signed_for(&domain, &known)))
}

/// The account that has a domain, or one above it.
async fn known_domain<S: Store>(
    desk: &Desk<S>,
    domain: &Domain,
) -> Result<Option<(Domain, Account)>, StoreError> {
    let parts: Vec<_> = domain.as_str().split('.').collect();
    for from in 0..=parts.len().saturating_sub(FEWEST_PARTS) {
        let Ok(above) = parts[from..].join(".").parse::<Domain>() else { continue };
        if let Some(id) = desk.store.account_of(&above).await?
            && let Some(account) = desk.store.load_account(&id).await?
        {
            return Ok(Some((above, account)));
        }
    }
    Ok(None)
}

impl<S: Store> Handling<'_, S> {
    /// Looks up all that is known of it.
    pub async fn see<'s>(
        &self,
        arrival: &Arrival,
        thread: Option<&(Thread, bool)>,
        author: &'s Mailbox,
    ) -> Result<Seen<'s>, StoreError> {
        let store = &self.desk.store;
        let given = self.release.as_ref().and_then(|release| release.said.number.clone());
        // Whoever releases it knows better than its thread.
        let of_thread = thread
            .and_then(|(thread, _)| thread.number())
            .filter(|number| given.as_ref().is_none_or(|given| given == *number));
        let (number, incident) = match of_thread.cloned().or(given) {
            Some(number) => self.looked_up(vec![number]).await?,
            // What is written back to a notice quotes the mails of others.
            None if matches!(thread, Some((Thread::Quarantine, _))) => (None, None),
            None => {
                let mut numbers = number::all(&arrival.mail, &self.inbound.incident_number);
                // "INC-2 is down as INC-1 was" is about INC-2, known or not: a prefix is nobody's slip.
                // Digits alone may be another system's, unless a P1 would stay unopened.
                let has_letters = |number: &IncidentNumber| {
                    number.as_str().bytes().any(|b| b.is_ascii_alphabetic())
                };
                if arrival.alias == Alias::P1 || numbers.first().is_some_and(has_letters) {
                    numbers.truncate(1);
                }
                if numbers.is_empty() {
                    let before = arrival.said_before.as_ref();
                    numbers.extend(before.and_then(|before| before.number.clone()));
                }
                self.looked_up(numbers).await?
            }
        };
        let domain = author.address.domain().parse::<Domain>().ok();
        let own = match &domain {
            Some(domain) => known_domain(self.desk, domain).await?.map(|(_, account)| account),
            None => None,
        };
        let of_incident = incident.as_ref().and_then(|incident| incident.customer.account.as_ref());
        let (account, is_of_account) = match (of_incident, own) {
            (Some(id), Some(own)) if own.id == *id => (Some(own), true),
            (Some(id), _) => (store.load_account(id).await?, false),
            // Of an incident of no account, nobody is a customer by the domain.
            (None, own) => (own, incident.is_none()),
        };
        let name = name_of(&arrival.mail, &author.address, incident.as_ref(), &self.desk.policy);
        let in_subject = number.is_some()
            && number::find_in(&arrival.mail.subject, &self.inbound.incident_number) == number;
        Ok(Seen {
            author: &author.address,
            name: name.unwrap_or_else(|| self.desk.policy.desk.name.clone()),
            number,
            in_thread: of_thread.is_some(),
            in_subject,
            is_signed: of_thread.is_some() && thread.is_some_and(|(_, signed)| *signed),
            incident,
            is_of_account: is_of_account && account.is_some(),
            account,
            is_released: self.release.is_some(),
        })
    }

    /// Of the numbers that a mail may name, the first that the desk knows an incident of, else the
    /// first: customers write those of their own tickets too.
    async fn looked_up(
        &self,
        numbers: Vec<IncidentNumber>,
    ) -> Result<(Option<IncidentNumber>, Option<Incident>), StoreError> {
        for number in numbers.iter().take(LOOKED_UP) {
            if let Some(incident) = self.desk.store.load(number).await? {
                return Ok((Some(number.clone()), Some(incident)));
            }
        }
        Ok((numbers.into_iter().next(), None))
    }
}
