//! Every page in English.

use axum::http::StatusCode;
use shared::email::When;
use shared::email::story::customer_line;
use shared::incident::clock::ClockName;
use shared::incident::escalation::{Cause, Climb};
use shared::incident::{Incident, Status};

use super::page::{Field, Page, Told, Tone, Way, Words};
use super::said::{Over, Said};
use super::typed::Typed;

const WORDS: Words = Words {
    wrong_title: "Error: ",
    wrong: "Nothing was done yet. Please correct this:",
    story: "What was done so far, the latest first",
    foot: "Escalation Desk",
};

const TEAM_HINT: &str = "As the others know you, at least 2 characters.";
const CUSTOMER_HINT: &str = "So that we know whom to respond to, at least 2 characters.";

pub(super) fn page(said: &Said<'_>, when: &When<'_>) -> Page {
    use Said as S;
    match said {
        S::NoLink => new(Tone::Plain, "This link is not valid")
            .say("It may have been cut off or changed on its way. Open it from the e-mail itself, or copy the whole address."),
        S::Expired => new(Tone::Plain, "This link has expired")
            .say("Please use the link in the latest e-mail about the incident."),
        S::NoIncident => new(Tone::Plain, "There is no such incident")
            .say("The link is right, but the incident that it is about is not here."),
        S::Over(over) => gone(*over),
        S::Acknowledge { incident, escalation, teams, typed } => {
            let due = escalation.clock.due_at;
            let page = new(Tone::Alarm, format!("{} is escalated: will you take it?", incident.number))
                .about(summary(incident))
                .say("Acknowledge the escalation, so that the others know you have it. The alerts stop; the deadlines promised to the customer stay as they are.")
                .deadline(response_label(when, due), when.full(due));
            let page = match escalation.climb {
                Climb::Climbing { due_at } => page.deadline("The next level is alerted at", when.full(due_at)),
                Climb::Exhausted { alarm_at } => page.deadline("The alarm repeats at", when.full(alarm_at)),
                _ => page,
            };
            let page = match escalation.reason() {
                Cause::Customer { requester, business_justification } => page
                    .quote(format!("Business justification from {requester}"), business_justification.as_str()),
                Cause::Reopening { by, times } => page.fact(
                    "Escalated because",
                    format!("it was resolved {times} times and opened again, last by {by}"),
                ),
                Cause::Deadline { clock, due_at } => page.fact(
                    "Escalated because",
                    format!("the customer was promised {} by {} and did not get it", promised(*clock), when.full(*due_at)),
                ),
            };
            let told: Vec<_> = teams.iter().map(|name| name.as_str()).collect();
            facts(page, incident).fact("Alerted so far", told.join(", ")).form(vec![name(typed, TEAM_HINT)], "Acknowledge")
        }
        S::Acknowledged { incident, by, at, until, now } => {
            let page = if *now {
                new(Tone::Good, format!("Thank you, {by}: you have {}", incident.number))
                    .about(summary(incident))
                    .say("Everybody who was alerted is told that you took it. Now respond to the customer: only a response stops the clock.")
            } else {
                new(Tone::Good, format!("{by} has {}", incident.number))
                    .about(summary(incident))
                    .say(format!("{by} acknowledged the escalation, {}. You need do nothing.", when.full(*at)))
            };
            let page = promise(page, incident, when);
            facts(page.deadline("Without a response, the alerts go on at", when.full(*until)), incident)
        }
        S::Resume { incident, by, at, until, typed } => {
            let page = new(Tone::Alarm, format!("{by} has {}: withdraw the acknowledgement?", incident.number))
                .about(summary(incident))
                .say(format!("{by} acknowledged the escalation, {}.", when.full(*at)))
                .say("If you withdraw the acknowledgement, nobody has the escalation any more: the ladder goes on where it stood, and everybody who was alerted is told that it was you.");
            let page = promise(page, incident, when)
                .deadline("By itself, the acknowledgement ends at", when.full(*until));
            facts(page, incident).form(vec![name(typed, TEAM_HINT)], "Withdraw the acknowledgement")
        }
        S::NobodyHasIt { incident, escalation, now } => {
            let page = if *now {
                new(Tone::Good, "The acknowledgement is withdrawn")
                    .about(summary(incident))
                    .say("Everybody who was alerted is told. The ladder goes on until a person acts.")
            } else {
                new(Tone::Plain, format!("Nobody has {} at the moment", incident.number))
                    .about(summary(incident))
                    .say("There is no acknowledgement to withdraw. To take the escalation, use the link in the latest alert.")
            };
            let page = promise(page, incident, when);
            let page = match escalation.climb {
                Climb::Climbing { due_at } => page.deadline("The next level is alerted at", when.full(due_at)),
                Climb::Exhausted { alarm_at } => page.deadline("The alarm repeats at", when.full(alarm_at)),
                _ => page,
            };
            facts(page, incident)
        }
        S::View { incident, timeline, escalate } => view(incident, when, escalate, timeline.iter().filter_map(|entry| {
            let line = customer_line(&entry.event, when)?;
            Some(Told { at: entry.at, when: when.full(entry.at), line })
        }).rev().collect()),
        S::Escalate { incident, typed } => {
            let page = new(Tone::Alarm, format!("Escalate {}", incident.number)).about(summary(incident));
            let page = match (incident.running_escalation(), &incident.status) {
                (_, Status::Resolved { .. }) => page.say("The incident is resolved. If you escalate it, it is opened again, and customer-care management is alerted at once."),
                (Some(_), _) => page.say("The incident is escalated already. What you write is added to it, and everybody working on it is told."),
                (None, _) => page.say("Several teams, customer-care management among them, are alerted at once and read what you write."),
            };
            let why = Field {
                name: "business_justification",
                label: "Business justification",
                hint: "Why management should look at it now: what has stopped, whom it hurts, what it costs. 10 to 4,000 characters.",
                long: true,
                longest: 4000,
                typed: typed.business_justification.clone(),
                wrong: typed.wrong.business_justification.then_some("Write a business justification of 10 to 4,000 characters."),
            };
            promise(page, incident, when).form(vec![why, name(typed, CUSTOMER_HINT)], "Escalate")
        }
        S::Escalated { incident, justification } => {
            let page = new(Tone::Good, format!("{} is escalated", incident.number))
                .about(summary(incident))
                .say("Thank you for telling us. The teams have been alerted and have your business justification; you receive an e-mail that says so.");
            promise(page, incident, when).quote("Your business justification", justification.as_str())
        }
        S::TooLong => new(Tone::Plain, "That is too long")
            .say("Nothing was done. Go back, shorten what you wrote, and send it again."),
        S::NoForm(StatusCode::UNSUPPORTED_MEDIA_TYPE) => new(Tone::Plain, "That is not the form of this page")
            .say("Nothing was done. Open the link from the e-mail and use its form."),
        S::NoForm(_) => new(Tone::Plain, "The form did not arrive whole")
            .say("Nothing was done. Open the link from the e-mail again and send its form once more."),
        S::NoMethod => new(Tone::Plain, "That cannot be done with this link")
            .say("Nothing was done. Open the link from the e-mail in a browser."),
        S::TooMany { until } => new(Tone::Plain, "You have escalated very often")
            .say(format!("Please wait until {}, or call customer care if it cannot wait. What you escalated before is not lost.", when.full(*until))),
        S::Unavailable => new(Tone::Plain, "The desk cannot answer at the moment")
            .say("Nothing is lost. Please try again in a few seconds."),
        S::Broken => new(Tone::Plain, "Something is wrong on our side")
            .say("The people who run the desk see this. Please call customer care if it cannot wait."),
    }
}

fn new(tone: Tone, headline: impl Into<String>) -> Page {
    Page::new("en", WORDS, tone, headline)
}

fn gone(Over { incident, anew }: Over<'_>) -> Page {
    let page = match (&incident.status, anew) {
        (Status::Resolved { by, .. }, _) => new(Tone::Good, format!("{by} resolved {}", incident.number))
            .say("The escalation is over. You need do nothing."),
        (Status::Open, true) => new(Tone::Plain, "This link is for an earlier escalation")
            .say("That escalation is over, and the incident was escalated anew since. Please use the link in the latest alert."),
        (Status::Open, false) => new(Tone::Good, format!("The escalation of {} is over", incident.number))
            .say("The customer has had a response. You need do nothing."),
    };
    facts(page.about(summary(incident)), incident)
}

fn view(incident: &Incident, when: &When<'_>, escalate: &str, story: Vec<Told>) -> Page {
    let page = match &incident.status {
        Status::Open => new(Tone::Plain, format!("Your incident {}", incident.number)),
        Status::Resolved { .. } => {
            new(Tone::Good, format!("Your incident {} is resolved", incident.number))
        }
    };
    let state = match (&incident.status, incident.running_escalation()) {
        (Status::Resolved { at, .. }, _) => format!("resolved, {}", when.full(*at)),
        (Status::Open, Some(_)) => "open, escalated to customer-care management".to_owned(),
        (Status::Open, None) if incident.pause.is_some() => "open, waiting for you".to_owned(),
        (Status::Open, None) => "open".to_owned(),
    };
    let page = promise(page.about(summary(incident)), incident, when);
    let page = match &incident.pause {
        Some(pause) => page
            .say(format!("{} needs something from you to go on. Please write to or call the person you are in touch with.", pause.by))
            .quote(format!("What {} needs", pause.by), pause.reason.as_str()),
        None => page,
    };
    let mut page = page
        .fact("State", state)
        .fact("Priority", incident.priority.to_string())
        .fact("Opened", when.full(incident.opened_at));
    page.story = story;
    page.way = Some(Way {
        title: "If it cannot wait",
        text: match (&incident.status, incident.running_escalation()) {
            (Status::Resolved { .. }, _) => "If it is not resolved for you, escalate it with a business justification: that opens it again.".to_owned(),
            (_, Some(_)) => "It is escalated already. If the situation gets worse, tell us what has changed.".to_owned(),
            (_, None) => "Escalate it with a business justification: why management should look at it now.".to_owned(),
        },
        label: "Escalate this incident",
        href: escalate.to_owned(),
    });
    page
}

/// The promise to the customer that runs now.
fn promise(page: Page, incident: &Incident, when: &When<'_>) -> Page {
    if !incident.is_open() {
        return page;
    }
    match incident.next_promise() {
        Some((clock, due_at)) if when.is_past(due_at) => {
            page.deadline(format!("{} was due", label(clock)), when.full(due_at))
        }
        Some((clock, due_at)) => {
            page.deadline(format!("{} promised by", label(clock)), when.full(due_at))
        }
        None => match &incident.pause {
            Some(pause) => page.deadline("We go on by", when.full(pause.until)),
            None if incident.running_escalation().is_some() => page.deadline(
                "Our promise",
                "overdue: it stays escalated until a person responds".to_owned(),
            ),
            None => page.deadline(
                "Our promise",
                "overdue: the teams are reminded until a person responds".to_owned(),
            ),
        },
    }
}

fn label(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "Initial response",
        ClockName::Update => "Next update",
        ClockName::EscalationResponse => "Response to the escalation",
    }
}

fn promised(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "an initial response",
        ClockName::Update => "an update",
        ClockName::EscalationResponse => "a response to the escalation",
    }
}

fn response_label(when: &When<'_>, due: jiff::Timestamp) -> &'static str {
    if when.is_past(due) {
        "Response to the customer was due"
    } else {
        "Response to the customer due"
    }
}

fn summary(incident: &Incident) -> Option<String> {
    incident.summary.as_ref().map(ToString::to_string)
}

/// What people in care see of every incident.
fn facts(page: Page, incident: &Incident) -> Page {
    page.fact("Incident", format!("{} ({})", incident.number, incident.priority))
        .fact("Customer", incident.customer.name.as_str())
}

fn name(typed: &Typed, hint: &'static str) -> Field {
    Field {
        name: "name",
        label: "Your name",
        hint,
        long: false,
        longest: 200,
        typed: typed.name.clone(),
        wrong: typed.wrong.name.then_some("Write your name, 2 to 200 characters."),
    }
}
