//! SES behind the real SDK: what it is handed, what each of its answers says about the e-mail, and
//! that one attempt is one request.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod answers;
mod connections;
mod request;

use desk_tests::counted::Counter;
use desk_tests::default_policy;
use desk_tests::dynamodb::aws_at;
use desk_tests::world::start;
use shared::email::render::{Rendered, WaysBack, render};
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Command, decide};
use shared::mailer::ses::SesMailer;

/// A mailer for SES at this address, and the count of what it asks.
fn mailer_at(url: &str) -> (SesMailer, Counter) {
    let counter = Counter::default();
    (SesMailer::new(counter.ses(&aws_at(url).ses())), counter)
}

/// The first e-mail of an incident, but in few words, so that no change of wording shows here.
fn email(repeat: u32) -> Rendered {
    let open = Command::Open {
        number: "ACME.INC_1".parse().unwrap(),
        priority: Priority::P1,
        channel: Channel::Phone,
        summary: "Café → 🔥".parse().unwrap(),
        customer: Customer {
            name: "Ada".parse().unwrap(),
            email: "ada@customer.example".parse().unwrap(),
            language: None,
            account: None,
        },
        received_at: None,
        by_mail: None,
    };
    let change = decide(None, open, &default_policy(), start()).unwrap();
    let reply_to = "care+uacme.inc_1-0123456789abcdef@example.com".parse().ok();
    let ways_back = WaysBack { reply_to, ..WaysBack::default() };
    let rendered = render(&change.emails[0], &default_policy().desk, repeat, &ways_back).unwrap();
    Rendered {
        subject: "Café → 🔥".to_owned(),
        text: "Déjà vu: 1 < 2\n".to_owned(),
        html: "<p>Déjà vu: 1 &lt; 2</p>\n".to_owned(),
        ..rendered
    }
}
