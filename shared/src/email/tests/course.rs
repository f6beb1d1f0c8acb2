//! Samples of what is said in the course of an incident: waiting, priorities, reopening, account
//! managers. Beside [`fixtures`](super::fixtures), in the same shape.

use serde_json::{Value, json};

use super::fixtures::{Sample, minutes, promise, the};
use crate::account::AccountIncident;
use crate::email::EmailKind::{self, self as K};
use crate::incident::Breaches;
use crate::incident::clock::ClockName::{EscalationResponse, InitialResponse, Update};
use crate::incident::escalation::Cause;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{EmailAddress, Priority};

const ASKED: &str = "Please send us the log of one terminal that declines cards.\nWithout it we \
                     cannot tell whether the new certificate is used.";
const REPORT: &str = "This is the fifth time in a month that card payments fail.\n\nWe need to know \
                      what you change so that it does not happen again.";

/// An entry of the timeline, recorded so many minutes after the e-mail was written.
pub fn entry(after: i64, event: Value) -> TimelineEntry {
    let mut entry = json!({"number": "INC-1042", "version": 1, "index": 0, "at": minutes(after)});
    for (key, value) in event.as_object().unwrap() {
        entry[key] = value.clone();
    }
    serde_json::from_value(entry).unwrap()
}

/// What happened since yesterday evening. The last response was entered late.
pub fn story() -> Vec<TimelineEntry> {
    vec![
        entry(
            -600,
            json!({"event": "opened", "priority": "P2", "channel": "email",
            "opened_at": minutes(-605), "teams": ["first-line"]}),
        ),
        entry(
            -540,
            json!({"event": "warning_given", "clock": "initial_response",
            "deadline": minutes(-525), "due_at": minutes(-540), "fired_at": minutes(-540),
            "late_ms": 0, "teams": ["first-line"]}),
        ),
        entry(
            -525,
            json!({"event": "deadline_missed", "clock": "initial_response",
            "started_at": minutes(-605), "due_at": minutes(-525), "fired_at": minutes(-525),
            "late_ms": 0}),
        ),
        entry(
            -525,
            json!({"event": "escalated_by_deadline", "escalation": 1,
            "clock": "initial_response", "due_at": minutes(-465)}),
        ),
        entry(
            -525,
            json!({"event": "level_alerted", "escalation": 1, "level": 1, "round": 1,
            "teams": ["first-line", "care-management"], "until": minutes(-505)}),
        ),
        entry(
            -515,
            json!({"event": "acknowledged", "escalation": 1, "raised_at": minutes(-525),
            "by": "Ada Novak", "until": minutes(-455)}),
        ),
        entry(
            -480,
            json!({"event": "priority_changed", "by": "Ada Novak", "from": "P2",
            "to": "P1", "reason": "All shops are affected, not only one."}),
        ),
        entry(
            -60,
            json!({"event": "responded", "author": "Ada Novak",
            "responded_at": minutes(-500), "stopped": [],
            "message": "We found the cause: a certificate ran out.\nA new one is on its way."}),
        ),
        entry(
            -45,
            json!({"event": "customer_replied", "from": "Zoë Marchand",
            "replied_at": minutes(-50)}),
        ),
    ]
}

fn engaged(story: Vec<TimelineEntry>, left_out: usize, breaches: Breaches) -> EmailKind {
    K::AccountManagerEngaged {
        manager: the("Max Berger"),
        by: the("Ada Novak"),
        reason: the("The customer asks for somebody who decides. Please call them today."),
        account: the("Marchand SA"),
        promise: (left_out == 0).then(|| promise(Update, 90)),
        breaches,
        story,
        left_out,
    }
}

fn breaches(initial_response: u32, update: u32, escalation_response: u32) -> Breaches {
    Breaches { initial_response, update, escalation_response }
}

fn incidents() -> Vec<AccountIncident> {
    let incident = |number, days: i64, priority, summary: &str, resolved, escalations, breaches| {
        AccountIncident {
            number: the(number),
            opened_at: minutes(-days * 1440),
            priority,
            summary: (!summary.is_empty()).then(|| the(summary)),
            resolved,
            escalations,
            breaches,
        }
    };
    let fails = "Payments fail at every checkout";
    vec![
        incident("INC-1042", 0, Priority::P1, fails, false, 1, breaches(1, 0, 0)),
        incident("INC-1017", 4, Priority::P2, "Receipts without VAT", true, 0, breaches(0, 0, 0)),
        incident("INC-0977", 12, Priority::P1, "Payments fail in Lyon", true, 2, breaches(1, 2, 1)),
        incident(
            "a-number-as-long-as-another-system-likes.2026-11-01",
            23,
            Priority::P3,
            "",
            true,
            0,
            breaches(0, 0, 0),
        ),
    ]
}

fn reported(incidents: Vec<AccountIncident>) -> EmailKind {
    K::RecurrenceReported {
        manager: the("Max Berger"),
        reporter: the("Zoë Marchand"),
        reply_to: the::<EmailAddress>("zoe@example.org"),
        message: the(REPORT),
        account: the("Marchand SA"),
        since: minutes(-30 * 1440),
        incidents,
    }
}

/// Every e-mail that reads differently, those to customers first.
#[rustfmt::skip]
pub fn samples() -> Vec<Sample> {
    let sample = |name, given, kind| Sample { name, given, kind };
    let (p1, p2, p3) = (Priority::P1, Priority::P2, Priority::P3);
    let customer_told = |from, to, reason: Option<&str>, promise| K::PriorityChanged { by: the("Ada Novak"), from, to, reason: reason.map(the), promise };
    let teams_told = |from, to, reason: Option<&str>, promise| K::TargetsChanged { by: the("Ada Novak"), from, to, reason: reason.map(the), promise };
    let replied = |message: Option<&str>, promise| K::CustomerReplied { from: the("Zoë Marchand"), message: message.map(the), promise };
    let again = |times, note: Option<&str>| K::TeamEngagedAgain { by: the("Zoë Marchand"), note: note.map(the), times, promise: promise(Update, 360) };
    let received = |incidents| K::RecurrenceReceived { manager: the("Max Berger"), message: the(REPORT), incidents };
    let noticed = |since: i64, incidents| K::RecurrenceNoticed { manager: the("Max Berger"), account: the("Marchand SA"), since: minutes(since), incidents };
    let reopening = K::EscalationAlert {
        alert: crate::email::Alert { escalation: 2, level: 2, levels: 3, round: 1, rounds: 2 },
        cause: Cause::Reopening { by: the("Zoë Marchand"), times: 2 },
        promised_at: minutes(60),
        level_until: minutes(20),
        unanswered_since_taken_by: None,
    };
    let all = Some("All shops are affected, not only one.");
    vec![
        sample("incident_reopened", "a resolved incident is opened again", K::IncidentReopened { by: the("Ada Novak"), promise: promise(Update, 360), escalated: false }),
        sample("incident_reopened.again", "a resolved incident is opened again for the second time", K::IncidentReopened { by: the("Ada Novak"), promise: promise(EscalationResponse, 60), escalated: true }),
        sample("waiting_on_you", "care waits on the customer until tomorrow", K::WaitingOnYou { by: the("Ada Novak"), reason: the(ASKED), until: minutes(1440) }),
        sample("priority_changed.raised", "an incident hurts more than was thought", customer_told(p2, p1, all, Some(promise(Update, 120)))),
        sample("priority_changed.raised_too_late", "raised, the promise is due already", customer_told(p2, p1, None, Some(promise(InitialResponse, 0)))),
        sample("priority_changed.lowered", "an incident hurts less, no promise is left", customer_told(p1, p3, None, None)),
        sample("escalation_invited.initial_response", "nobody responded in time, the customer may escalate", K::EscalationInvited { broken: promise(InitialResponse, 0) }),
        sample("escalation_invited.update", "no update came, the customer may escalate", K::EscalationInvited { broken: promise(Update, 0) }),
        sample("account_manager_involved", "care loops the account manager in", K::AccountManagerInvolved { by: the("Ada Novak"), manager: the("Max Berger") }),
        sample("recurrence_received", "a customer reports recurring incidents", received(4)),
        sample("recurrence_received.one", "a customer reports a recurring incident", received(1)),
        sample("account_manager_engaged", "care loops the account manager in", engaged(story(), 0, breaches(1, 0, 0))),
        sample("account_manager_engaged.long_story", "the story is longer than an e-mail, nothing is broken or promised", engaged(story().split_off(6), 12, breaches(0, 0, 0))),
        sample("account_manager_engaged.without_story", "nothing of the story is known", engaged(Vec::new(), 0, breaches(0, 1, 2))),
        sample("recurrence_reported", "a customer reports recurring incidents", reported(incidents())),
        sample("recurrence_reported.one", "there is only one incident", reported(incidents().split_off(3))),
        sample("recurrence_noticed", "incidents recur", noticed(-30 * 1440, incidents())),
        sample("recurrence_noticed.in_a_day", "incidents recur within a day", noticed(-1440, incidents())),
        sample("team_engaged_again.first", "a resolved incident is opened again", again(1, None)),
        sample("team_engaged_again.second", "it is opened again once more", again(2, Some("Cards are declined again in Lyon and Metz."))),
        sample("targets_changed.raised", "an incident hurts more than was thought", teams_told(p2, p1, all, Some(promise(Update, 120)))),
        sample("targets_changed.lowered", "an incident hurts less", teams_told(p1, p3, None, Some(promise(EscalationResponse, 30)))),
        sample("targets_changed.no_promise_left", "raised, every promise is broken", teams_told(p2, p1, None, None)),
        sample("customer_replied", "the customer sends what was asked for", replied(Some("Here is the log of terminal 17.\nIt still shows the old certificate."), Some(promise(Update, 240)))),
        sample("customer_replied.by_phone", "the customer calls, every promise is broken", replied(None, None)),
        sample("pause_ended", "the customer sent nothing in time", K::PauseEnded { reason: the(ASKED), since: minutes(-2880), promise: promise(Update, 180) }),
        sample("promise_overdue", "a broken promise, nobody has escalated", K::PromiseOverdue { broken: promise(Update, -30), remind_at: minutes(30) }),
        sample("escalation_alert.by_reopening", "the second reopening escalates", reopening),
    ]
}
