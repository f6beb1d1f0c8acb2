//! Samples of what is said about mail that came in. Beside [`fixtures`](super::fixtures), in the same
//! shape.

use super::fixtures::{Sample, minutes, promise, the};
use crate::email::{EmailKind, HeldMail, Thread};
use crate::inbound::{Missing, Quarantined};
use crate::incident::clock::ClockName::{InitialResponse, Update};
use crate::incident::timeline::Role;
use crate::incident::values::Channel;

const REQUEST: &str = "Hello,\n\nour shops cannot take cards since 08:40 and your hotline is busy.\n\
                       Please escalate this.\n\nZoë Marchand";

/// The thread of an e-mail of this kind.
pub fn thread(kind: &EmailKind) -> Thread {
    the(match kind {
        EmailKind::RequestIncomplete { .. } => "_d6iitobk75ur44p8kdnnp7g2n800",
        EmailKind::MailHeld { .. } => "_",
        _ => "INC-1042",
    })
}

fn held(id: &str, after: i64, from: Option<&str>, subject: &str, because: Quarantined) -> HeldMail {
    let (id, received_at) = (the(id), minutes(after));
    HeldMail { id, received_at, from: from.map(the), subject: subject.to_owned(), because }
}

fn mails() -> Vec<HeldMail> {
    let zoe = Some("zoe.marchand@example.org");
    let at = |n: usize, after| (format!("{n}6iitobk75ur44p8kdnnp7g2n800"), after);
    let row = |(id, after): (String, i64), from, subject, because| {
        held(&id, after, from, subject, because)
    };
    vec![
        row(at(1, -31), zoe, "INC-1042: nobody answers!", Quarantined::Unauthenticated),
        row(
            at(2, -20),
            Some("lena@elsewhere.example"),
            "Re: [P1 INC-1042] our update",
            Quarantined::Stranger,
        ),
        row(at(3, -4), None, "", Quarantined::From),
    ]
}

#[rustfmt::skip]
pub fn samples() -> Vec<Sample> {
    use EmailKind as K;
    let sample = |name, given, kind| Sample { name, given, kind };
    let note = |from: &str, role, promise| K::NoteAdded {
        from: the(from), role, promise, message: the("The customer’s board meets at 11:00.\nThey will ask for a date."),
    };
    let incomplete = |missing, number: Option<&str>| K::RequestIncomplete {
        requester: the("Zoë Marchand"), missing, number: number.map(the), message: Some(the(REQUEST)),
    };
    let all = |reminder, more, waiting| K::MailHeld { mails: mails(), more, waiting, reminder };
    let one = K::MailHeld { mails: mails().split_off(2), more: 0, waiting: 1, reminder: false };
    vec![
        sample("team_engaged.by_mail_of_the_customer", "a customer writes to the alias for P1s", K::TeamEngaged {
            channel: Channel::Email, promise: promise(InitialResponse, 60), message: Some(the(REQUEST)),
        }),
        sample("note_added.by_account_manager", "the account manager writes back", note("Max Berger", Role::AccountManager, Some(promise(Update, 90)))),
        sample("note_added.by_team", "a team writes for the teams alone", note("Ada Novak", Role::Team, None)),
        sample("note_added.by_other", "somebody writes to whom an e-mail was forwarded", note("Lena Fox", Role::Other, Some(promise(Update, 90)))),
        sample("request_incomplete.number", "a customer escalates without a number", incomplete(Missing::Number, None)),
        sample("request_incomplete.justification", "a customer escalates without saying why", K::RequestIncomplete {
            requester: the("Zoë Marchand"), missing: Missing::Justification, number: Some(the("INC-1042")), message: None,
        }),
        sample("request_incomplete.both", "a customer escalates and says neither", K::RequestIncomplete {
            requester: the("Zoë Marchand"), missing: Missing::Both, number: None, message: Some(the("Help!")),
        }),
        sample("mail_held", "mails are held", all(false, 0, 3)),
        sample("mail_held.one", "a mail is held that cannot be read", one),
        sample("mail_held.many", "a flood is held", all(false, 117, 240)),
        sample("mail_held.reminder", "nobody has looked at what is held", all(true, 0, 3)),
    ]
}
