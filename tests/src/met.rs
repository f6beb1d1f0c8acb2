//! The world that each mail of the corpus meets: four incidents, each in another state.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::account::{Account, AccountManager};
use shared::carry_out::{Alone, carry_out};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::email::Thread;
use shared::inbound::{Outcome, act, reading};
use shared::incident::Command;
use shared::incident::values::{Channel, Customer, Language, Priority};
use shared::links::LinkKeys;
use shared::policy::Policy;
use shared::store::Store;
use shared::store::memory::MemoryStore;

use crate::arrivals::Arriving;
use crate::{DEFAULT_POLICY, LINK_KEYS, link_keys};

/// The id that SES gives the mail.
pub const ID: &str = "d6iitobk75ur44p8kdnnp7g2n800";

/// When each mail arrives.
pub fn now() -> Timestamp {
    "2026-11-24T08:00:00Z".parse().unwrap()
}

/// The default policy, in which everybody at care.example.net is of triage.
pub fn policy() -> Policy {
    let triage = "addresses = [\"triage@example.com\"]";
    let policy =
        DEFAULT_POLICY.replace(triage, &format!("{triage}\ndomains = [\"care.example.net\"]"));
    Policy::read(&policy).unwrap()
}

fn customer(
    name: &str,
    email: &str,
    language: Option<Language>,
    account: Option<&str>,
) -> Customer {
    let (name, email) = (name.parse().unwrap(), email.parse().unwrap());
    Customer { name, email, language, account: account.map(|id| id.parse().unwrap()) }
}

/// A desk that knows the account `acme` (Ada's, looked after by Mary) and these incidents: INC-1001 is
/// open, INC-1002 waits on its customer, INC-1003 is resolved; all three are Ada's. INC-1004 is Bob's,
/// of no account, and escalated. 00123456 is Chloé's, a P2.
pub async fn desk() -> Desk<MemoryStore> {
    let an_hour_ago = now() - SignedDuration::from_hours(1);
    let mut desk = Desk {
        store: MemoryStore::default(),
        policy: Arc::new(policy()),
        clock: Clock::of(move || an_hour_ago),
    };
    let account = Account {
        id: "acme".parse().unwrap(),
        version: 1,
        name: "Acme".parse().unwrap(),
        account_manager: AccountManager {
            name: "Mary Moss".parse().unwrap(),
            email: "mary.moss@example.org".parse().unwrap(),
            language: None,
        },
        domains: vec!["acme.example".parse().unwrap()],
        language: Some(Language::Fr),
        recurrence_noticed_at: None,
    };
    desk.store.put_account(&account, None).await.unwrap();
    let ada = || customer("Ada Martin", "ada@acme.example", Some(Language::Fr), Some("acme"));
    let bob = || customer("Bob Stone", "bob@globex.example", None, None);
    let chloe = customer("Chloé Petit", "chloe@initech.example", Some(Language::Fr), None);
    let by = || "Grace Hall".parse().unwrap();
    for (number, priority, customer) in [
        ("INC-1001", Priority::P1, ada()),
        ("INC-1002", Priority::P1, ada()),
        ("INC-1003", Priority::P1, ada()),
        ("INC-1004", Priority::P1, bob()),
        ("00123456", Priority::P2, chloe),
    ] {
        let open = Command::Open {
            number: number.parse().unwrap(),
            priority,
            channel: Channel::Phone,
            summary: "Checkout is down".parse().unwrap(),
            customer,
            received_at: None,
            by_mail: None,
        };
        let then = match number {
            "INC-1002" => Some(Command::WaitOnCustomer {
                by: by(),
                reason: "Please send us the log.".parse().unwrap(),
                until: now() + SignedDuration::from_hours(24),
            }),
            "INC-1003" => Some(Command::Resolve { by: by(), note: None }),
            "INC-1004" => Some(Command::Escalate {
                number: number.parse().unwrap(),
                requester: bob(),
                business_justification: "Our shops are closed.".parse().unwrap(),
                by_mail: None,
            }),
            _ => None,
        };
        for command in [Some(open), then].into_iter().flatten() {
            carry_out(&desk, &number.parse().unwrap(), &command, &Alone).await.unwrap();
        }
    }
    desk.clock = Clock::of(now);
    desk
}

/// The address at which an incident's thread is written back to.
pub fn reply_address(number: &str) -> String {
    let keys = LinkKeys::read(LINK_KEYS).unwrap();
    let thread = Thread::Incident(number.parse().unwrap());
    keys.reply_address(&policy().inbound.unwrap(), &thread).unwrap().to_string()
}

/// Has a mail arrive.
pub async fn receive(desk: &Desk<MemoryStore>, arriving: &Arriving) -> Outcome {
    let receipt = arriving.receipt(ID, now());
    let mail = reading::read(&arriving.raw, &arriving.envelope_from);
    act::receive(desk, &link_keys(), &receipt, mail).await.unwrap()
}
