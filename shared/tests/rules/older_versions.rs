//! What an older version has written is read as long as it is stored: an incident that cannot be read
//! has promises that nobody keeps.

use serde_json::{Value, json};
use shared::incident::deadlines::explain;
use shared::incident::timeline::TimelineEntry;
use shared::incident::values::{AccountId, IncidentNumber};
use shared::incident::{Incident, decide};
use shared::store::dynamodb::keys;

use crate::story::{given, resolve};

/// An open incident as the first version wrote it, whose accounts were any line of text.
fn incident() -> Incident {
    let incident = json!({
        "number": "INC-1", "version": 3, "priority": "P1", "channel": "email",
        "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": "ada@customer.example", "account": "Acme & Co. #7" },
        "opened_at": "2026-11-24T08:00:00Z", "status": { "state": "open" },
        "update": {
            "started_at": "2026-11-24T08:30:00Z", "set_at": "2026-11-24T08:30:00Z",
            "due_at": "2026-11-24T14:30:00Z",
        },
        "responded_at": "2026-11-24T08:30:00Z",
    });
    serde_json::from_value(incident).unwrap()
}

fn entry(version: u64, at: &str, event: Value) -> TimelineEntry {
    let mut entry = json!({ "number": "INC-1", "version": version, "index": 0, "at": at });
    entry.as_object_mut().unwrap().extend(event.as_object().unwrap().clone());
    serde_json::from_value(entry).unwrap()
}

#[test]
fn an_incident_of_an_account_that_could_not_be_written_today_still_has_its_promises() {
    let incident = incident();
    assert_eq!(incident.customer.account.as_ref().unwrap().as_str(), "Acme & Co. #7");
    let change = decide(Some(&incident), resolve(), &given().policy, given().start).unwrap();
    let id = change.remembered.unwrap().id();
    let (pk, sk) = (keys::account_pk(&id.account), keys::remembered_sk(&id));
    assert_eq!(keys::remembered_id(&pk, &sk), Some(id), "the sweep knows it by its keys");
    assert!("Acme & Co. #7".parse::<AccountId>().is_err(), "nobody can ask for it anew");
    assert!("Acme & Co. #7".parse::<IncidentNumber>().is_err());
}

#[test]
fn acknowledgements_responses_and_resolutions_are_read_without_what_they_did_not_say() {
    let stopped = json!([
        { "clock": "initial_response", "due_at": "2026-11-24T09:00:00Z", "overrun_ms": 0 },
    ]);
    let timeline = [
        entry(
            2,
            "2026-11-24T08:20:00Z",
            json!({
                "event": "acknowledged", "escalation": 1, "by": "Grace",
                "until": "2026-11-24T09:20:00Z",
            }),
        ),
        entry(
            3,
            "2026-11-24T08:30:00Z",
            json!({
                "event": "responded", "author": "Grace",
                "responded_at": "2026-11-24T08:30:00Z", "stopped": stopped,
            }),
        ),
        entry(4, "2026-11-24T10:00:00Z", json!({ "event": "reopened", "by": "Grace" })),
        entry(
            5,
            "2026-11-24T11:00:00Z",
            json!({ "event": "resolved", "by": "Grace", "stopped": stopped }),
        ),
    ];
    assert!(!explain(&incident(), &timeline, &[]).is_empty());
}

#[test]
fn an_invitation_that_did_not_say_which_teams_were_told_is_read_and_does_not_say_it_either() {
    let missed = json!({
        "event": "deadline_missed", "clock": "initial_response", "late_ms": 0,
        "started_at": "2026-11-24T08:00:00Z", "due_at": "2026-11-24T09:00:00Z",
        "fired_at": "2026-11-24T09:00:00Z",
    });
    let invited = json!({
        "event": "customer_invited", "clock": "initial_response",
        "remind_at": "2026-11-24T09:15:00Z",
    });
    let mut timeline = [missed, invited].map(|it| entry(2, "2026-11-24T09:00:00Z", it));
    timeline[1].index = 1;
    let served = serde_json::to_value(&timeline[1]).unwrap();
    assert_eq!(served.get("teams"), None);
    let told = serde_json::to_value(explain(&incident(), &timeline, &[])).unwrap();
    assert_eq!(told[0]["outcome"]["teams"], json!([]), "{told:#}");
}
