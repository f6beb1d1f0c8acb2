//! Many clients at once: everything accepted is there once, and so is its mail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use escalation_desk::desk;
use tokio::task::JoinSet;

use crate::ask::{ask, copies, emails, escalation, json_of, options};

const ESCALATIONS: usize = 1_000;
const CLIENTS: usize = 16;
/// Three teams on level 1, and the customer.
const EMAILS_EACH: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_escalations_by_sixteen_clients_are_a_thousand_incidents_with_their_mail() {
    let running = desk::start(options()).await.expect("a desk");
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (next, api) = (next.clone(), running.api);
        clients.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= ESCALATIONS {
                    break;
                }
                // Each by a customer of its own: one may not send so many.
                let customer = format!("customer-{n}@");
                let body = escalation(&format!("INC-{n}")).replace("ada@", &customer);
                let answer = ask(api, "POST", "/v1/escalations", &body).await;
                assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
            }
        });
    }
    clients.join_all().await;
    emails(&running, ESCALATIONS * EMAILS_EACH).await;
    let messages = running.mail.messages(0, None);
    let copies = copies(messages.iter().map(|message| &message.headers));
    assert_eq!(copies.len(), ESCALATIONS * EMAILS_EACH, "an e-mail is missing");
    assert!(copies.values().all(|(all, _)| *all == 1), "an e-mail came twice");

    let (mut listed, mut cursor) = (0, String::new());
    loop {
        let path = format!("/v1/incidents?limit=100{cursor}");
        let page = json_of(&ask(running.api, "GET", &path, "").await);
        listed += page["incidents"].as_array().expect("a page").len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(listed, ESCALATIONS);
    running.stop().await;
}
