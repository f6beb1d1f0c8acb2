//! A scenario as people say it: phrases between commas.
//!
//! A small language, and a strict one: what is not understood is a mistake, never a guess.

use super::{Action, Doing, OpenedAt, Scenario};
use crate::incident::values::{Channel, Invalid, Priority};
use crate::policy::Period;

/// What is accepted, for whoever wrote something else.
const ACCEPTED: &str = "\"P1 by e-mail\" (P1 to P4; e-mail, phone, chat, API), \
     \"Saturday 23:10\" (or \"2026-11-28 23:10\", or \"now\"), \"nobody answers\", \
     \"acknowledged after 10m\", \"answered after 2h\", \"resolved after 3h\", \
     \"reopened after 4h\", \"escalated after 30m\", \"waits on the customer after 1h until 1d\", \
     \"the customer replies after 5h\", \"raised to P1 after 1h\", \"lowered to P3 after 1h\", \
     \"watched for 3d\"; \"at once\" instead of \"after …\"";

/// What has been said so far.
#[derive(Default)]
struct Said {
    opening: Option<(Priority, Channel)>,
    opened_at: Option<OpenedAt>,
    nobody: bool,
    actions: Vec<Action>,
    watch_for: Option<Period>,
}

pub(super) fn read(text: &str) -> Result<Scenario, Vec<Invalid>> {
    let mut said = Said::default();
    let mut wrong = Vec::new();
    for (n, phrase) in text.split(',').enumerate() {
        if let Err(mistake) = said.hear(phrase.trim()) {
            // Not what was written: that may be private.
            wrong.push(Invalid(format!("phrase {} {mistake}", n + 1)));
        }
    }
    if said.nobody && !said.actions.is_empty() {
        wrong.push(Invalid("says that nobody answers, and what somebody does".to_owned()));
    }
    let Some((priority, channel)) = said.opening else {
        if wrong.is_empty() {
            let missing = "must say which incident, such as \"P1 by e-mail\"";
            wrong.push(Invalid(missing.to_owned()));
        }
        return Err(wrong);
    };
    let opened_at = said.opened_at.unwrap_or(OpenedAt::Now);
    let scenario = Scenario::of(priority, channel, opened_at, said.actions, said.watch_for);
    match scenario {
        Ok(scenario) if wrong.is_empty() => Ok(scenario),
        Ok(_) => Err(wrong),
        Err(more) => {
            wrong.extend(more);
            Err(wrong)
        }
    }
}

impl Said {
    fn hear(&mut self, phrase: &str) -> Result<(), String> {
        let words: Vec<String> = phrase.split_whitespace().map(str::to_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let twice = |what: &str| Err(format!("says {what} a second time"));
        match words.as_slice() {
            ["nobody", "answers"] => self.nobody = true,
            [priority, "by", channel] => {
                let (Some(priority), Some(channel)) =
                    (self::priority(priority), channel_of(channel))
                else {
                    return Err(unknown());
                };
                if self.opening.replace((priority, channel)).is_some() {
                    return twice("which incident");
                }
            }
            ["watched", "for", long @ ..] => {
                if self.watch_for.replace(period(long)?).is_some() {
                    return twice("for how long to watch");
                }
            }
            words => match action(words)? {
                Some(action) => self.actions.push(action),
                None => {
                    let when = phrase.strip_prefix("on ").unwrap_or(phrase).to_owned();
                    let opened_at = OpenedAt::try_from(when).map_err(|_| unknown())?;
                    if self.opened_at.replace(opened_at).is_some() {
                        return twice("when");
                    }
                }
            },
        }
        Ok(())
    }
}

fn unknown() -> String {
    format!("is not understood; known: {ACCEPTED}")
}

/// What somebody does, when, and until when; `None` when the phrase does not begin like one of that
/// kind.
fn action(words: &[&str]) -> Result<Option<Action>, String> {
    let begins_when = |pair: &[&str]| pair[0] == "after" || *pair == ["at", "once"];
    let split = words.windows(2).position(begins_when).unwrap_or(words.len());
    let (what, when) = words.split_at(split);
    let (when, until) = match when.iter().position(|word| *word == "until") {
        Some(at) => (&when[..at], Some(period(&when[at + 1..])?)),
        None => (when, None),
    };
    let what = match (what, until) {
        (["waits", "on", "the", "customer"], Some(until)) => Doing::WaitOnCustomer { until },
        (["waits", "on", "the", "customer"], None) => {
            let said = "must say when and until when, both counted from the opening: \
                        \"waits on the customer after 1h until 1d\"";
            return Err(said.to_owned());
        }
        (_, Some(_)) => return Err("cannot have an \"until\"".to_owned()),
        (["acknowledged"], None) => Doing::Acknowledge,
        (["answered"], None) => Doing::Respond,
        (["resolved"], None) => Doing::Resolve,
        (["reopened"], None) => Doing::Reopen,
        (["escalated"], None) => Doing::Escalate,
        (["the", "customer", "replies"], None) => Doing::CustomerReplied,
        (["raised" | "lowered", "to", to], None) => {
            Doing::ChangePriority { to: priority(to).ok_or_else(unknown)? }
        }
        _ if when.is_empty() => return Ok(None),
        _ => return Err(unknown()),
    };
    let after = match when {
        ["at", "once"] => None,
        ["after", long @ ..] => Some(period(long)?),
        _ => return Err("must say when: \"after 10m\" or \"at once\"".to_owned()),
    };
    Ok(Some(Action { after, what }))
}

fn period(words: &[&str]) -> Result<Period, String> {
    let text = words.join(" ");
    Period::try_from(text).map_err(|Invalid(said)| format!("has a duration that {said}"))
}

fn priority(word: &str) -> Option<Priority> {
    match word {
        "p1" => Some(Priority::P1),
        "p2" => Some(Priority::P2),
        "p3" => Some(Priority::P3),
        "p4" => Some(Priority::P4),
        _ => None,
    }
}

fn channel_of(word: &str) -> Option<Channel> {
    match word {
        "e-mail" | "email" => Some(Channel::Email),
        "phone" => Some(Channel::Phone),
        "chat" => Some(Channel::Chat),
        "api" => Some(Channel::Api),
        _ => None,
    }
}
