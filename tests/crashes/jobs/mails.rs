//! `receive-email`, and what people decide on mails that wait.

use desk_tests::LINK_KEYS;
use desk_tests::arrivals::Arriving;
use desk_tests::world::start;
use futures::FutureExt;
use serde_json::Value;
use shared::email::Thread;
use shared::links::LinkKeys;
use shared::policy::Policy;

use super::super::functions::{Ended, Functions};
use super::{Job, PLAIN, asked_once, by, escalates, opens};

const FUNCTION: &str = "receive-email";
const WHY: &str = "None of our shops can sell anything since this morning.";

fn ada(subject: &str, text: &str) -> Arriving {
    Arriving::plain("ada@acme.example", "escalations@example.com", subject, text)
}

/// A mail that nobody vouches for.
pub fn forged() -> Arriving {
    let fail = || "FAIL".to_owned();
    Arriving { dmarc: fail(), dkim: fail(), ..ada("INC-1", WHY) }
}

/// To the address at which the desk hears of a thread.
fn back_to(thread: &str, mail: Arriving) -> Arriving {
    let policy: Policy = desk_tests::default_policy();
    let inbound = policy.inbound.as_ref().expect("mail is taken in");
    let thread: Thread = thread.parse().expect("a thread");
    let keys = LinkKeys::read(LINK_KEYS).expect("keys");
    let address = keys.reply_address(inbound, &thread).expect("an address");
    Arriving { to: address.to_string(), ..mail }
}

/// Puts a mail into the bucket, and says what SES tells of it.
pub fn arrives(functions: &Functions, id: &str, mail: &Arriving) -> Value {
    functions.others.put_mail(id, &mail.raw);
    mail.notification(id, start())
}

/// A mail that is no part of the job.
pub async fn is_handled(functions: &Functions, told: &Value) {
    assert!(matches!(functions.receive(told).await, Ended::Done(_)));
}

async fn incomplete(functions: &Functions) {
    let told = arrives(functions, "one", &ada("Urgent", WHY));
    is_handled(functions, &told).await;
}

async fn held(functions: &Functions) {
    let told = arrives(functions, "one", &forged());
    is_handled(functions, &told).await;
}

macro_rules! mail {
    ($name:literal, $set_up:expr, $mail:expr) => {
        Job {
            function: FUNCTION,
            name: $name,
            set_up: |functions| $set_up(functions).boxed_local(),
            trigger: |functions| {
                let told = arrives(functions, "two", &$mail);
                async move { functions.receive(&told).await }.boxed_local()
            },
            ..PLAIN
        }
    };
}

async fn nothing(_: &Functions) {}

pub fn jobs() -> Vec<Job> {
    vec![
        mail!("a mail escalates", nothing, ada("INC-1: checkout", WHY)),
        mail!(
            "a mail opens a P1, which has no number yet",
            nothing,
            Arriving { to: "p1@example.com".to_owned(), ..ada("Checkout is down", WHY) }
        ),
        mail!("a mail is held", nothing, forged()),
        mail!("a mail lacks a number", nothing, ada("Urgent", WHY)),
        mail!(
            "a mail completes another",
            incomplete,
            back_to("_one", ada("Re: Urgent", "It is INC-1."))
        ),
        mail!(
            "the customer replies",
            escalates,
            back_to("INC-1", ada("Re: INC-1", "It is the same in the web shop."))
        ),
        Job {
            function: FUNCTION,
            name: "a mail that is gone",
            trigger: |functions| {
                let told = ada("INC-1", WHY).notification("gone", start());
                async move { functions.receive(&told).await }.boxed_local()
            },
            ..PLAIN
        },
        Job {
            function: "manage-incident",
            name: "releases a mail",
            set_up: |functions| held(functions).boxed_local(),
            trigger: |functions| decides(functions, "release").boxed_local(),
            ..PLAIN
        },
        Job {
            function: "manage-incident",
            name: "releases a mail of a known incident",
            set_up: |functions| held_of_known(functions).boxed_local(),
            trigger: |functions| decides(functions, "release").boxed_local(),
            ..PLAIN
        },
        Job {
            function: "manage-incident",
            name: "refuses a mail",
            set_up: |functions| held(functions).boxed_local(),
            trigger: |functions| decides(functions, "refusal").boxed_local(),
            ..PLAIN
        },
    ]
}

async fn held_of_known(functions: &Functions) {
    opens(functions).await;
    held(functions).await;
}

async fn decides(functions: &Functions, what: &str) -> Ended {
    asked_once(functions, &format!("/v1/quarantine/one/{what}"), &by()).await
}
