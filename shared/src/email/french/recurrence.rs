//! Incidents recur, in French: to the account manager, and to the customer who reported it.

use jiff::Timestamp;

use super::{at, breaches_counted, escalations_counted, incidents_counted};
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
        "votre signalement d’incidents récurrents",
        format!("{manager} a reçu votre signalement d’incidents récurrents"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(match incidents {
        0 => format!(
            "Merci de nous avoir prévenus. {manager}, responsable de votre compte, a reçu votre \
             message."
        ),
        _ => format!(
            "Merci de nous avoir prévenus. {manager}, responsable de votre compte, a reçu votre \
             message et une liste de {} de votre compte.",
            incidents_counted(incidents)
        ),
    })
    .quote("Votre message", message.as_str())
    .step(
        "Rien pour l’instant. Ceci n’est pas une escalade\u{a0}: si un incident ne peut pas \
         attendre, escaladez-le avec son numéro et votre justification métier.",
    )
    .escalates()
    .fact("Client", email.customer.as_str())
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
        format!("{reporter} signale des incidents récurrents, {}", counted(incidents)),
        format!("{reporter} signale des incidents récurrents du compte {account}"),
    )
    .say(format!("Bonjour {},", report.manager))
    .say(in_the_period(when, account, since, incidents))
    .quote(format!("{reporter} vous écrit"), report.message.as_str())
    .step(format!("Écrivez à {reporter} ({reply_to})\u{a0}: votre client attend de vos nouvelles."))
    .step("Convenez avec le service client de ce qu’il faut faire pour que ces incidents ne se reproduisent plus.");
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
        format!("incidents récurrents du compte {account}, {}", counted(incidents)),
        format!("Les incidents du compte {account} se répètent"),
    )
    .say(format!("Bonjour {manager},"))
    .say(in_the_period(when, account, since, incidents))
    .say("Escalation Desk l’a constaté de lui-même. Le client n’en est pas informé.")
    .step("Cherchez ce que ces incidents ont en commun, et convenez avec le service client de ce qu’il faut faire pour qu’ils ne se reproduisent plus.")
    .step("Parlez au client avant qu’il n’ait à le demander.");
    listed(letter, when, account, incidents)
}

/// "5 incidents, 3 escalades"
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
        1 => "des dernières 24\u{a0}heures".to_owned(),
        days => format!("des {days} derniers jours"),
    };
    let only = if incidents.len() < MOST_LISTED {
        String::new()
    } else {
        format!(" Seuls les {MOST_LISTED} derniers sont comptés et listés.")
    };
    let breaches = list::breaches(incidents);
    let promises = if breaches.is_none() {
        "Toutes les promesses ont été tenues".to_owned()
    } else {
        format!("Promesses rompues\u{a0}: {}", breaches_counted(&breaches))
    };
    format!(
        "Au cours {period}, le compte {account} a connu {} et {}. {promises}.{only}",
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
            format!("Ouvert {}", at(incident.opened_at, when)),
            if incident.resolved { "résolu" } else { "TOUJOURS OUVERT" }.to_owned(),
        ];
        if incident.escalations > 0 {
            state.push(escalations_counted(incident.escalations.into()));
        }
        let mut lines = vec![state.join(" · ")];
        if !incident.breaches.is_none() {
            lines
                .push(format!("Promesses rompues\u{a0}: {}", breaches_counted(&incident.breaches)));
        }
        lines
    };
    let title = match incidents.len() {
        1 => "L’incident".to_owned(),
        _ => "Les incidents, les plus affectés d’abord".to_owned(),
    };
    letter.list(List::incidents(title, incidents, state)).fact("Compte", account.as_str())
}
