//! Checks across the parts of a policy: teams, ladders and calendars that are named are there, and
//! a step reaches somebody, but not more recipients than fit into a transaction.
//!
//! Works on the untyped value, so that these mistakes are told together with those of form.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{MAX_RECIPIENTS, MAX_UNDELIVERABLE_RECIPIENTS, MAX_WEBHOOKS};
use crate::wrong_fields::WrongFields;

/// Adds every mistake of reference to `wrong`.
pub(super) fn check(policy: &Value, wrong: &mut WrongFields) {
    let checker = Checker { policy };
    let named = ["teams", "ladders", "calendars", "webhooks"];
    for id in named.into_iter().flat_map(|section| checker.ids(section)) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !id.1.chars().all(plain) || id.1.is_empty() || id.1.len() > 64 {
            wrong.push(format!("/{}/{}", id.0, escaped(id.1)), "must be a word of A-Z a-z 0-9 -");
        }
    }
    let webhooks = checker.ids("webhooks").count();
    if webhooks > MAX_WEBHOOKS {
        wrong.push("/webhooks", format!("has {webhooks} webhooks; write at most {MAX_WEBHOOKS}"));
    }
    checker.few("/desk/undeliverable_teams", wrong);
    checker.inbound(wrong);
    for priority in ["P1", "P2", "P3", "P4"] {
        checker.teams(&format!("/targets/{priority}/responsible"), Reach::Somebody, wrong);
        let pointer = format!("/targets/{priority}/ladder");
        if let Some(ladder) = policy.pointer(&pointer).and_then(Value::as_str)
            && !checker.has("ladders", ladder)
        {
            wrong.push(pointer, checker.unknown("ladder", "ladders", ladder));
        }
        for promise in ["initial_response", "update", "escalation_response"] {
            let pointer = format!("/targets/{priority}/{promise}/calendar");
            if let Some(calendar) = policy.pointer(&pointer).and_then(Value::as_str)
                && !checker.has("calendars", calendar)
            {
                wrong.push(pointer, checker.unknown("calendar", "calendars", calendar));
            }
        }
    }
    for (_, ladder) in checker.ids("ladders") {
        checker.ladder(&format!("/ladders/{}", escaped(ladder)), wrong);
    }
}

/// Whether a list of teams may reach nobody.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    Somebody,
    /// A level may be empty: it is skipped and logged.
    Anybody,
}

struct Checker<'a> {
    policy: &'a Value,
}

impl<'a> Checker<'a> {
    fn section(&self, name: &str) -> Option<&'a Map<String, Value>> {
        self.policy.get(name)?.as_object()
    }

    fn ids<'s>(&self, section: &'s str) -> impl Iterator<Item = (&'s str, &'a str)> + use<'s, 'a> {
        let ids = self.section(section).into_iter().flat_map(Map::keys);
        ids.map(move |id| (section, id.as_str()))
    }

    fn has(&self, section: &str, id: &str) -> bool {
        self.section(section).is_some_and(|entries| entries.contains_key(id))
    }

    fn unknown(&self, what: &str, section: &'static str, id: &str) -> String {
        let known: Vec<_> = self.ids(section).map(|(_, id)| id).collect();
        if known.is_empty() {
            return format!("names no {what} of this file, which has none; write [{section}.…]");
        }
        let guess = deserr::errors::helpers::did_you_mean(id, &known);
        format!("names no {what} of this file; {guess}known: {}", known.join(", "))
    }

    /// How many recipients one step may reach: each webhook takes the place of one.
    fn most(&self) -> usize {
        MAX_RECIPIENTS.saturating_sub(self.ids("webhooks").count().min(MAX_WEBHOOKS))
    }

    /// Checks a list of teams and returns the addresses that it reaches.
    fn teams(&self, pointer: &str, reach: Reach, wrong: &mut WrongFields) -> BTreeSet<&'a str> {
        let Some(teams) = self.policy.pointer(pointer).and_then(Value::as_array) else {
            return BTreeSet::new();
        };
        let mut addresses = BTreeSet::new();
        let mut all_known = true;
        for (n, team) in teams.iter().enumerate() {
            let Some(team) = team.as_str() else { continue };
            if !self.has("teams", team) {
                wrong.push(format!("{pointer}/{n}"), self.unknown("team", "teams", team));
                all_known = false;
            }
            addresses.extend(self.addresses(team));
        }
        if addresses.is_empty() && all_known && reach == Reach::Somebody {
            wrong.push(pointer, "reaches nobody; name a team that has addresses");
        }
        if addresses.len() > self.most() {
            wrong.push(pointer, too_many(addresses.len(), self.most()));
        }
        addresses
    }

    /// Teams that are told beside others, in one transaction.
    fn few(&self, pointer: &str, wrong: &mut WrongFields) {
        let told = self.teams(pointer, Reach::Somebody, wrong).len();
        if (MAX_UNDELIVERABLE_RECIPIENTS + 1..=self.most()).contains(&told) {
            wrong.push(pointer, too_many(told, MAX_UNDELIVERABLE_RECIPIENTS));
        }
    }

    /// Each address means one thing, and nothing that the desk sends may come back to it as mail.
    fn inbound(&self, wrong: &mut WrongFields) {
        let Some(inbound) = self.section("inbound") else { return };
        self.few("/inbound/quarantine_teams", wrong);
        let names = ["escalation_address", "p1_address", "reply_address"];
        let taken: Vec<_> = names
            .into_iter()
            .filter_map(|name| Some((name, inbound.get(name)?.as_str()?.to_ascii_lowercase())))
            .collect();
        for (n, (name, address)) in taken.iter().enumerate() {
            if let Some((before, _)) = taken[..n].iter().find(|(_, before)| before == address) {
                wrong.push(format!("/inbound/{name}"), format!("is {before} too; write another"));
            }
            if *name == "reply_address" && address.contains('+') {
                let detail = "has a `+` already, behind which each thread has its own mark";
                wrong.push(format!("/inbound/{name}"), detail);
            }
        }
        for (_, team) in self.ids("teams") {
            let own = self.addresses(team).map(str::to_ascii_lowercase);
            for address in own.filter(|own| taken.iter().any(|(_, taken)| taken == own)) {
                let detail = format!(
                    "has {address}, at which the desk takes mail in; write an address of people"
                );
                wrong.push(format!("/teams/{}", escaped(team)), detail);
            }
        }
    }

    fn addresses(&self, team: &str) -> impl Iterator<Item = &'a str> {
        let team = self.section("teams").and_then(|teams| teams.get(team));
        let list = move |name: &str| team.and_then(|team| team.get(name)?.as_array());
        let told = list("addresses").into_iter().chain(list("backup")).flatten();
        told.filter_map(Value::as_str)
    }

    fn ladder(&self, pointer: &str, wrong: &mut WrongFields) {
        let levels = self.policy.pointer(&format!("{pointer}/levels")).and_then(Value::as_array);
        let Some(levels) = levels else { return };
        let found_before = wrong.0.len();
        let mut everybody = BTreeSet::new();
        for n in 0..levels.len() {
            let teams = format!("{pointer}/levels/{n}/teams");
            everybody.extend(self.teams(&teams, Reach::Anybody, wrong));
        }
        if wrong.0.len() > found_before {
            return;
        }
        if everybody.is_empty() && !levels.is_empty() {
            wrong.push(pointer, "reaches nobody on any level; name a team that has addresses");
        }
        // An acknowledgement and the last alarm are told to everybody on the ladder at once.
        if everybody.len() > self.most() {
            wrong.push(pointer, too_many(everybody.len(), self.most()));
        }
    }
}

fn too_many(count: usize, most: usize) -> String {
    format!(
        "reaches {count} addresses; write at most {most} \
         (one DynamoDB transaction has room for 100 items), or a distribution list"
    )
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
