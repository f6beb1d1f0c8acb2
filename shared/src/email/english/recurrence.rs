//! Incidents recur, in English: to the account manager, and to the customer who reported it.

use jiff::Timestamp;

use super::{breaches_counted, escalations_counted, incidents_counted};
use crate::account::AccountIncident;
use crate::account::recurrence::MOST_LISTED;
use crate::email::OutboxEmail;
use crate::email::letter::{Letter, Tone};
use crate::email::list::{self, List};
use crate::email::when::When;
use crate::incident::values::{EmailAddress, Justification, Name};

pub(super) fn received(
    email: &OutboxEmail,
    manager: &Name,
    message: &Justification,
    incidents: usize,
) -> Letter {
    Letter::new(
        Tone::Plain,
        "your report of recurring incidents",
        format!("{manager} has your report of recurring incidents"),
    )
    .say(format!("Dear {},", email.customer))
    .say(match incidents {
        0 => {
            format!("Thank you for telling us. {manager}, your account manager, has your message.")
        }
        _ => format!(
            "Thank you for telling us. {manager}, your account manager, has your message and a \
             list of {} of your account.",
            incidents_counted(incidents)
        ),
    })
    .quote("Your message", message.as_str())
    .step(
        "Nothing for now. This is not an escalation: if an incident cannot wait, escalate it with \
         its number and your business justification.",
    )
    .escalates()
    .fact("Customer", email.customer.as_str())
}

/// What a customer reports.
pub(super) struct Report<'a> {
    pub manager: &'a Name,
    pub reporter: &'a Name,
    pub reply_to: &'a EmailAddress,
    pub message: &'a Justification,
}

pub(super) fn reported(
    when: &When<'_>,
    report: &Report<'_>,
    account: &Name,
    since: Timestamp,
    incidents: &[AccountIncident],
) -> Letter {
    let (reporter, reply_to) = (report.reporter, report.reply_to);
    let letter = Letter::new(
        Tone::Warning,
        format!("{reporter} reports recurring incidents, {}", counted(incidents)),
        format!("{reporter} reports that incidents of {account} recur"),
    )
    .say(format!("Dear {},", report.manager))
    .say(in_the_period(when, account, since, incidents))
    .quote(format!("{reporter} writes"), report.message.as_str())
    .step(format!("Write to {reporter} at {reply_to}: your customer waits to hear from you."))
    .step("Agree with customer care on what is done so that these incidents do not come back.");
    listed(letter, when, account, incidents)
}

pub(super) fn noticed(
    when: &When<'_>,
    manager: &Name,
    account: &Name,
    since: Timestamp,
    incidents: &[AccountIncident],
) -> Letter {
    let letter = Letter::new(
        Tone::Warning,
        format!("incidents of {account} recur, {}", counted(incidents)),
        format!("Incidents of {account} recur"),
    )
    .say(format!("Dear {manager},"))
    .say(in_the_period(when, account, since, incidents))
    .say("The desk has noticed this by itself. The customer has not been told.")
    .step("Look at what these incidents have in common, and agree with customer care on what is done so that they do not come back.")
    .step("Speak to the customer before the customer has to ask.");
    listed(letter, when, account, incidents)
}

/// "5 incidents, 3 escalations"
fn counted(incidents: &[AccountIncident]) -> String {
    let escalations = list::escalations(incidents);
    format!("{}, {}", incidents_counted(incidents.len()), escalations_counted(escalations))
}

fn in_the_period(
    when: &When<'_>,
    account: &Name,
    since: Timestamp,
    incidents: &[AccountIncident],
) -> String {
    let period = match list::days(since, when) {
        1 => "the last 24 hours".to_owned(),
        days => format!("the last {days} days"),
    };
    let only = if incidents.len() < MOST_LISTED {
        String::new()
    } else {
        format!(" Only the latest {MOST_LISTED} are counted and listed.")
    };
    let breaches = list::breaches(incidents);
    let promises = if breaches.is_none() {
        "Every promise was kept".to_owned()
    } else {
        format!("Promises broken: {}", breaches_counted(&breaches))
    };
    format!(
        "In {period}, {account} had {} and {}. {promises}.{only}",
        incidents_counted(incidents.len()),
        escalations_counted(list::escalations(incidents))
    )
}

fn listed(
    letter: Letter,
    when: &When<'_>,
    account: &Name,
    incidents: &[AccountIncident],
) -> Letter {
    let state = |incident: &AccountIncident| {
        let mut state = vec![
            format!("Opened {}", when.short(incident.opened_at)),
            if incident.resolved { "resolved" } else { "STILL OPEN" }.to_owned(),
        ];
        if incident.escalations > 0 {
            state.push(escalations_counted(incident.escalations.into()));
        }
        let mut lines = vec![state.join(" · ")];
        if !incident.breaches.is_none() {
            lines.push(format!("Promises broken: {}", breaches_counted(&incident.breaches)));
        }
        lines
    };
    let title = match incidents.len() {
        1 => "The incident".to_owned(),
        _ => "The incidents, the most affected first".to_owned(),
    };
    letter.list(List::incidents(title, incidents, state)).fact("Account", account.as_str())
}
