//! About mail that came in, in English: to its sender, to the teams, to those who look after the
//! quarantine.

use super::team::respond;
use super::{due_label, name};
use crate::email::letter::{Letter, Tone};
use crate::email::list::List;
use crate::email::when::When;
use crate::email::{HeldMail, OutboxEmail, Promise};
use crate::inbound::{Missing, Quarantined};
use crate::incident::timeline::Role;
use crate::incident::values::{IncidentNumber, Message, Name};

pub(super) fn note_added(
    email: &OutboxEmail,
    when: &When<'_>,
    from: &Name,
    role: Role,
    message: &Message,
    promise: Option<Promise>,
) -> Letter {
    let number = &email.id.thread;
    let who = role_of(role);
    let letter = Letter::new(
        Tone::Plain,
        match promise {
            Some(promise) => format!(
                "note by {from}, {} due {}",
                name(promise.clock),
                when.short(promise.due_at)
            ),
            None => format!("note by {from}"),
        },
        format!("{from} wrote about {number}"),
    )
    .say(format!("{from}, {who}, wrote what is below. The customer does not see it."));
    let letter = match promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => letter,
    };
    respond(letter.quote(format!("{from} writes"), message.as_str()), email)
}

pub(super) fn role_of(role: Role) -> &'static str {
    match role {
        Role::Team => "of customer care",
        Role::AccountManager => "the account manager",
        Role::Other => "who is not known to the incident but has its e-mails",
    }
}

pub(super) fn request_incomplete(
    requester: &Name,
    missing: Missing,
    number: Option<&IncidentNumber>,
    message: Option<&Message>,
) -> Letter {
    let about = number.map(|number| format!(" of {number}")).unwrap_or_default();
    let (stake, lacks) = match missing {
        Missing::Number => ("the incident number is missing", "the number of the incident"),
        Missing::Justification => {
            ("the business justification is missing", "your business justification")
        }
        Missing::Both => (
            "incident number and business justification are missing",
            "the number of the incident and your business justification",
        ),
    };
    let things = if missing == Missing::Both { "two more things" } else { "one more thing" };
    // No number stands here as an example: it would be quoted, and found in the answer.
    let mut letter = Letter::new(
        Tone::Warning,
        format!("not escalated yet, {stake}"),
        format!("We need {things} for your escalation{about}"),
    )
    .say(format!("Dear {requester},"))
    .say(format!(
        "We have your e-mail and keep it, but it lacks {lacks}. Nobody has been alerted yet: as soon as \
         we have what is missing, the escalation starts by itself."
    ));
    if missing != Missing::Justification {
        letter = letter.step(
            "Write back with the number of the incident, as it stands in the e-mails that you had \
             from customer care: a line with the word “incident” and the number is enough.",
        );
    }
    if missing != Missing::Number {
        letter = letter.step(
            "Write back with your business justification: in a sentence or two, what the incident \
             costs you, and why management should look at it now.",
        );
    }
    letter = letter.step("If you cannot wait, call customer care.");
    let letter = match message {
        Some(message) => letter.quote("What you have written so far", message.as_str()),
        None => letter,
    };
    letter.fact("Customer", requester.as_str())
}

pub(super) fn mail_held(
    when: &When<'_>,
    mails: &[HeldMail],
    more: usize,
    waiting: usize,
    reminder: bool,
) -> Letter {
    let new = mails.len() + more;
    let wait = if waiting == 1 { "waits" } else { "wait" };
    let (stake, headline) = if reminder {
        (
            format!("{} still in quarantine", counted(waiting)),
            format!("{} still {wait} for you", counted(waiting)),
        )
    } else {
        (
            format!("{} in quarantine", counted(new)),
            format!("{} came in and {} held", counted(new), if new == 1 { "is" } else { "are" }),
        )
    };
    let mut letter = Letter::new(Tone::Warning, stake, headline).say(
        "Nothing has been done with what is listed below. A customer may be waiting behind it.",
    );
    if more > 0 {
        let (listed, are) = (mails.len(), if more == 1 { "is" } else { "are" });
        letter = letter.say(format!("The oldest {listed} are listed; {more} more {are} not."));
    }
    letter = letter.fact("Waiting in all", counted(waiting));
    let each = if new == 1 { "it" } else { "each" };
    letter
        .request(
            format!(
                "Look at {each}, and who it is from. Release what a customer wrote: it is then acted \
                 on as if it had come through."
            ),
            vec![
                "GET /v1/quarantine".to_owned(),
                "POST /v1/quarantine/ID/release".to_owned(),
                r#"{"by": "your name"}"#.to_owned(),
            ],
        )
        .request(
            if new == 1 { "Otherwise refuse it." } else { "Refuse the rest." },
            vec!["POST /v1/quarantine/ID/refusal".to_owned(), r#"{"by": "your name"}"#.to_owned()],
        )
        .list(List::held("Held, oldest first".to_owned(), mails, when, because))
}

fn counted(mails: usize) -> String {
    if mails == 1 { "1 e-mail".to_owned() } else { format!("{mails} e-mails") }
}

fn because(because: Quarantined) -> &'static str {
    match because {
        Quarantined::From => "it names no author, or several",
        Quarantined::Spam => "SES takes it for spam",
        Quarantined::Virus => "SES found a virus in it: do not open what is attached",
        Quarantined::Unauthenticated => "nothing proves that this address sent it",
        Quarantined::Stranger => "this address is not known to the incident that it names",
        Quarantined::NoIncident => "it is not certain which incident it belongs to",
        Quarantined::Automatic => "a machine wrote it",
        Quarantined::Flood => "this address sends very many e-mails",
        Quarantined::OverLimit => "this address has escalated too often",
        Quarantined::Unanswered => "it says too little, and its sender was not asked for more",
        Quarantined::Refused => "the incident does not allow what it asks",
        Quarantined::Unreadable => "it has no text that can be read",
        Quarantined::Incomplete => "it says too little: its sender was asked for more",
    }
}
