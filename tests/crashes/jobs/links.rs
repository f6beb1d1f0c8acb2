//! `manage-incident`: links in e-mails.

use axum::body::Body;
use axum::http::{Request, header};
use desk_tests::LINK_KEYS;
use desk_tests::call::get;
use desk_tests::world::start;
use jiff::SignedDuration;
use shared::incident::values::Language;
use shared::links::{Action, Link, LinkKeys};

use super::super::fault::Fault;
use super::super::functions::{Ended, Functions};
use super::super::plan::Case;
use super::{Job, PLAIN, asked, asks, escalates, opens};

const FUNCTION: &str = "manage-incident";

fn link(action: Action) -> String {
    let link = Link {
        incident: "INC-1".parse().expect("a number"),
        recipient: "ada@acme.example".parse().expect("an address"),
        language: Language::En,
        action,
        expires_at: start() + SignedDuration::from_hours(24),
    };
    format!("/links/{}", LinkKeys::read(LINK_KEYS).expect("keys").sign(&link))
}

fn form(action: Action, typed: &'static str) -> Request<Body> {
    let form = Request::post(link(action));
    let form = form.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    form.body(Body::from(typed)).expect("a form")
}

pub fn jobs() -> Vec<Job> {
    vec![
        Job {
            function: FUNCTION,
            name: "a link acknowledges",
            set_up: |functions| Box::pin(escalates(functions)),
            trigger: |functions| Box::pin(async { asked(functions, acknowledges()).await }),
            // Sent again, the page says that this person has it.
            answers_may_differ: true,
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "a link gives an escalation back",
            set_up: |functions| Box::pin(is_acknowledged(functions)),
            trigger: |functions| {
                let action = Action::Resume { escalation: 1 };
                Box::pin(async move { asked(functions, form(action, "name=Grace+Hall")).await })
            },
            answers_may_differ: true,
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "a link escalates",
            set_up: |functions| Box::pin(opens(functions)),
            trigger: |functions| Box::pin(link_escalates(functions)),
            // The form was sent twice, and the first escalates while the second is looked at: the page
            // told of the promise from before it.
            found: || {
                let faults = vec![(3, Fault::ArrivesLate)];
                vec![Case { faults, arrival: Some(5), ..Case::default() }]
            },
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "a link shows the incident",
            set_up: |functions| Box::pin(escalates(functions)),
            trigger: |functions| {
                Box::pin(async { asked(functions, get(&link(Action::View))).await })
            },
            // It says what time it is.
            answers_may_differ: true,
            only_reads: true,
            ..PLAIN
        },
    ]
}

fn acknowledges() -> Request<Body> {
    form(Action::Acknowledge { escalation: 1 }, "name=Grace+Hall")
}

async fn is_acknowledged(functions: &Functions) {
    escalates(functions).await;
    asks(functions, acknowledges()).await;
}

async fn link_escalates(functions: &Functions) -> Ended {
    let typed = "name=Ada+Martin&business_justification=All+our+shops+are+closed.";
    asked(functions, form(Action::Escalate, typed)).await
}
