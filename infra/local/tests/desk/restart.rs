//! A desk that is stopped and started again, and one that cannot start.

use escalation_desk::desk::{self, StartError};
use escalation_desk::options::Options;

use crate::ask::{ask, emails, escalation, options};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_escalation_alerts_level_one_and_outlives_a_restart_with_its_data() {
    let data = tempfile::tempdir().expect("a folder");
    let options = Options { data: Some(data.path().to_owned()), ..options() };
    let everybody = [
        "ada@customer.example",
        "care-management@example.com",
        "support-engineering@example.com",
        "triage@example.com",
    ];

    let running = desk::start(options.clone()).await.expect("a desk");
    let answer = ask(running.api, "POST", "/v1/escalations", &escalation("INC-1")).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(emails(&running, everybody.len()).await, everybody);
    let in_use = desk::start(options.clone()).await.err().expect("no second desk on this data");
    assert!(matches!(in_use, StartError::Data(_)), "{in_use}");
    running.stop().await;

    let running = desk::start(options).await.expect("the same desk");
    let answer = ask(running.api, "GET", "/v1/escalations/INC-1", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let again = ask(running.api, "POST", "/v1/escalations", &escalation("INC-1")).await;
    assert!(again.starts_with("HTTP/1.1 200 "), "running already: {again}");
    // The customer's second receipt, and the teams are told of the second request.
    assert_eq!(emails(&running, 2 * everybody.len()).await.len(), 2 * everybody.len());
    let page = ask(running.mailbox, "GET", "/", "").await;
    assert!(page.contains(&format!("http://{}/v1/escalations", running.api)), "{page}");
    running.stop().await;
}

#[tokio::test]
async fn a_taken_port_stops_the_start_before_anything_is_made() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut options = Options { data: Some(data.clone()), ..options() };
    options.ports.mailbox = taken.local_addr().expect("an address").port();
    let error = desk::start(options).await.err().expect("a taken port");
    assert!(error.to_string().contains("--mailbox-port"), "{error}");
    assert!(!data.exists());
}
