//! `record-delivery`.

use desk_tests::ses_events::{Said, SentEmail};
use desk_tests::world::start;
use futures::FutureExt;

use super::super::functions::{Ended, Functions};
use super::{Job, PLAIN, escalates};

const SK: &str = "EMAIL#0000000001#001";

macro_rules! said {
    ($name:literal, $said:expr) => {
        Job {
            function: "record-delivery",
            name: $name,
            set_up: |functions| sent(functions).boxed_local(),
            trigger: |functions| tells(functions, $said).boxed_local(),
            ..PLAIN
        }
    };
}

pub fn jobs() -> Vec<Job> {
    vec![
        said!("sent", Said::Sent),
        said!("delivered", Said::Delivered),
        said!("bounced", Said::Bounced),
    ]
}

async fn sent(functions: &Functions) {
    escalates(functions).await;
    functions.all_goes_out_but(&[]).await;
}

async fn tells(functions: &Functions, said: Said) -> Ended {
    let items = functions.table.read().await;
    let item = &items[&("INCIDENT#INC-1".to_owned(), SK.to_owned())];
    let email = item["email"].as_m().expect("an e-mail");
    let sent = SentEmail {
        id: "INC-1-1-1".parse().expect("an id"),
        message_id: item["ses_message_id"].as_s().expect("SES took it").clone(),
        to: email["recipient"].as_s().expect("an address").clone(),
        sent_at: start(),
    };
    functions.ses_says(sent.event(said, start())).await
}
