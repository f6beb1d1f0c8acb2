//! What each function asks of AWS, so that its role in the template can be held to it.
//!
//! The services on one machine let everybody do everything. In AWS a function may do what its role says,
//! and a partition that the role forgets fails the whole transaction. So all that the functions can ask
//! is asked here, with the clients of production, and written to `infra/checks/asked.json`.
//! `infra/checks/privileges.py` has an evaluator of IAM decide on each of them by the roles: what is
//! missing there is broken, what nothing needs is too wide.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod functions;

use std::collections::BTreeSet;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use axum::body::Body;
use axum::http::{Request, header};
use desk_tests::arrivals::Arriving;
use desk_tests::call::{get, post_once, put, with};
use desk_tests::receiver::Receivers;
use desk_tests::scripted::{Answer, Scripted};
use desk_tests::ses_events::{Said, SentEmail};
use desk_tests::world::{keyed, record, start};
use desk_tests::{LINK_KEYS, link_writer};
use expect_test::expect_file;
use functions::Functions;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::dispatch::Batch;
use shared::email::{EmailId, OutboxEmail, Thread};
use shared::incident::values::Language;
use shared::incident::{Command, decide};
use shared::links::{Action, Link, LinkKeys};
use shared::outbox::DeliveryStatus;
use shared::store::dynamodb::DynamoDbStore;
use shared::store::{Commit, Store};

fn ada() -> Value {
    json!({ "name": "Ada", "email": "ada@customer.example", "account": "ACME" })
}

fn escalation(number: &str) -> Value {
    json!({
        "incident_number": number,
        "business_justification": "We lose 40,000 EUR an hour.",
        "requester": ada(),
    })
}

fn link(action: Action) -> String {
    let link = Link {
        incident: "INC-1".parse().unwrap(),
        recipient: "ada@customer.example".parse().unwrap(),
        language: Language::En,
        action,
        expires_at: start() + SignedDuration::from_hours(24),
    };
    format!("/links/{}", LinkKeys::read(LINK_KEYS).unwrap().sign(&link))
}

fn form(path: &str, typed: &str) -> Request<Body> {
    let form = Request::post(path);
    let form = form.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    form.body(Body::from(typed.to_owned())).unwrap()
}

async fn customers_escalate(functions: &Functions) {
    let router = submit_escalation::router(functions.desk("submit-escalation"));
    let ask = async |request| functions.ask(&router, request).await.status.as_u16();
    let path = "/v1/escalations";
    assert_eq!(ask(post_once(path, "one", &escalation("INC-1"))).await, 201);
    assert_eq!(ask(post_once(path, "two", &escalation("INC-1"))).await, 200);
    let stale = with(post_once(path, "one", &escalation("INC-1")), "if-match", "\"9\"");
    assert_eq!(ask(stale).await, 201, "answered before");
    let mut of_another = escalation("INC-7");
    of_another["requester"]["account"] = "OTHER".into();
    assert_eq!(ask(post_once(path, "seven", &of_another)).await, 201);
    assert_eq!(ask(get("/v1/escalations/INC-1")).await, 200);
}

async fn care_works(functions: &Functions) {
    let router = {
        let keys = functions.link_keys("manage-incident").await;
        manage_incident::router(functions.desk("manage-incident"), keys)
    };
    let ask = async |request| functions.ask(&router, request).await.status.as_u16();
    let mut of_domains = json!({
        "name": "Acme", "account_manager": { "name": "Mary", "email": "mary@desk.example" },
    });
    of_domains["domains"] = json!(["old.example", "acme.example"]);
    assert_eq!(ask(put("/v1/accounts/ACME", &of_domains)).await, 201);
    of_domains["domains"] = json!(["acme.example"]);
    assert_eq!(ask(put("/v1/accounts/ACME", &of_domains)).await, 200);
    // The last of them turns out to be another account's than its customer had said.
    for n in 2..=7 {
        let incident = json!({
            "number": format!("INC-{n}"), "priority": "P1", "channel": "email",
            "summary": "Checkout is down", "customer": ada(),
        });
        let status = if n == 7 { 200 } else { 201 };
        assert_eq!(ask(post_once("/v1/incidents", &n.to_string(), &incident)).await, status);
    }
    for path in [
        "/v1/accounts/ACME",
        "/v1/incidents",
        "/v1/incidents/INC-1",
        "/v1/incidents/INC-1/deadlines",
        "/v1/figures",
        &link(Action::View),
        &link(Action::Escalate),
    ] {
        assert_eq!(ask(get(path)).await, 200, "{path}");
    }
    let by = json!({ "by": "Grace" });
    let asked = json!({ "by": "Grace", "reason": "Third time." });
    let reported = json!({ "reporter": ada(), "message": "It fails each Monday." });
    for (path, body, status) in [
        ("/v1/incidents/INC-1/acknowledgement", &by, 200),
        ("/v1/incidents/INC-1/account-manager", &asked, 200),
        ("/v1/accounts/ACME/recurrences", &reported, 202),
        // Nothing to do, and refused: both with a key under which it may have been answered.
        ("/v1/incidents/INC-1/reopening", &by, 200),
        ("/v1/incidents/INC-2/resolution", &by, 200),
        ("/v1/incidents/INC-2/acknowledgement", &by, 409),
    ] {
        assert_eq!(ask(post_once(path, path, body)).await, status, "{path}");
    }
    let typed = "name=Ada&business_justification=All+shops+are+closed.";
    assert_eq!(ask(form(&link(Action::Escalate), typed)).await, 200);
    let resumed = form(&link(Action::Resume { escalation: 1 }), "name=Grace");
    assert_eq!(ask(resumed).await, 200);
}

/// A customer of an account writes: too little, then the rest, then as somebody else; and the same mail
/// comes twice.
async fn mail_comes_in(functions: &Functions) {
    const FUNCTION: &str = "receive-email";
    let (desk, keys) = (functions.desk(FUNCTION), functions.link_keys(FUNCTION).await);
    let s3 = Scripted::start([]).await;
    let objects = functions.objects(FUNCTION, &s3);
    let taken_in = async |id: &str, mail: &Arriving| {
        let mut message = SqsMessage::default();
        message.body = Some(mail.notification(id, desk.clock.now()).to_string());
        let mut event = SqsEvent::default();
        event.records = vec![message];
        let answer = receive_email::handle(&desk, &keys, &objects, event).await;
        assert!(answer.batch_item_failures.is_empty());
        desk.store.load_mail(&id.parse().unwrap()).await.unwrap().unwrap().outcome.to_string()
    };
    let becomes = async |id: &str, mail: &Arriving| {
        s3.then(Answer::json(206, &String::from_utf8_lossy(&mail.raw)));
        taken_in(id, mail).await
    };
    let ada = |subject: &str, text: &str| {
        Arriving::plain("ada@acme.example", "escalations@example.com", subject, text)
    };
    let why = "All our shops are closed since this morning.";
    let signed = Arriving { dmarc: "GRAY".to_owned(), ..ada("Urgent", why) };
    assert_eq!(becomes("one", &signed).await, "incomplete number");
    let address = LinkKeys::read(LINK_KEYS).unwrap();
    let inbound = functions.policy.inbound.as_ref().unwrap();
    let thread: Thread = "_one".parse().unwrap();
    let address = address.reply_address(inbound, &thread).unwrap().to_string();
    let rest = Arriving { to: address, ..ada("Re: Urgent", "It is INC-8.") };
    assert_eq!(becomes("two", &rest).await, "escalated INC-8");
    assert_eq!(becomes("two", &rest).await, "escalated INC-8");
    assert_eq!(
        becomes("three", &ada("INC-8", "And now the web shop, too.")).await,
        "escalated INC-8"
    );
    let forged = Arriving { dmarc: "FAIL".to_owned(), ..ada("INC-8", why) };
    for id in ["four", "five", "six"] {
        assert_eq!(becomes(id, &forged).await, "quarantined unauthenticated");
    }
    // She had a question an hour ago at most. What she says then is not believed to be hers.
    let signed = Arriving { dmarc: "GRAY".to_owned(), ..ada("Help", why) };
    assert_eq!(becomes("seven", &signed).await, "quarantined unanswered");
    let thread: Thread = "_seven".parse().unwrap();
    let keys = LinkKeys::read(LINK_KEYS).unwrap();
    let address = keys.reply_address(inbound, &thread).unwrap().to_string();
    let rest =
        Arriving { to: address, dmarc: "FAIL".to_owned(), ..ada("Re: Help", "It is INC-9.") };
    assert_eq!(becomes("eight", &rest).await, "quarantined unauthenticated");
    s3.then(Answer::json(404, "<Error><Code>NoSuchKey</Code></Error>"));
    assert_eq!(taken_in("nine", &ada("INC-8", why)).await, "noted gone");
}

/// Of the mails that wait, all but one are decided on; one of them completes another.
async fn people_look_at_the_quarantine(functions: &Functions) {
    let router = {
        let keys = functions.link_keys("manage-incident").await;
        manage_incident::router(functions.desk("manage-incident"), keys)
    };
    let ask = async |request| functions.ask(&router, request).await.status.as_u16();
    for path in ["/v1/quarantine?limit=1", "/v1/quarantine/four"] {
        assert_eq!(ask(get(path)).await, 200, "{path}");
    }
    let by = json!({ "by": "Grace" });
    for (path, status) in [
        ("/v1/quarantine/four/release", 200),
        ("/v1/quarantine/five/refusal", 200),
        ("/v1/quarantine/five/release", 409),
        ("/v1/quarantine/seven/release", 409),
        ("/v1/quarantine/eight/release", 200),
        ("/v1/quarantine/seven/release", 409),
    ] {
        for key in [path, &format!("{path}-again")] {
            let reply = functions.ask(&router, post_once(path, key, &by)).await;
            assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.whole());
        }
    }
}

/// One e-mail is sent, one can never be.
async fn emails_go_out(functions: &Functions) {
    const FUNCTION: &str = "dispatch-email";
    let (desk, keys) = (functions.desk(FUNCTION), functions.link_keys(FUNCTION).await);
    let links = link_writer(keys);
    let taken = Answer::json(200, r#"{"MessageId":"ses-1"}"#);
    // What a sender is asked, and what people are told of the quarantine.
    let notices = (1..20).map(|version| format!("_-{version}-0"));
    let about_mail = notices.chain(["_one-1-0".to_owned()]).map(|id| id.parse().unwrap());
    let records: Vec<_> = about_mail.enumerate().map(|(n, id)| record(n, &id)).collect();
    let ses = Scripted::start(vec![taken.clone(); records.len()]).await;
    let mailer = functions.mailer(FUNCTION, &ses);
    dispatch_email::handle(&desk, &mailer, &links, Batch { records }).await;
    assert!(ses.requests().len() > 1);
    let ses = Scripted::start([taken, Answer::refusal(400, "MessageRejected")]).await;
    let mailer = functions.mailer(FUNCTION, &ses);
    for (n, id) in ["INC-1-1-0", "INC-1-1-1"].into_iter().enumerate() {
        let batch = Batch { records: vec![record(n, &id.parse().unwrap())] };
        let answer = dispatch_email::handle(&desk, &mailer, &links, batch).await;
        assert!(answer.batch_item_failures.is_empty());
    }
    assert_eq!(ses.requests().len(), 2);
}

/// SES delivers one e-mail and bounces another; also of those that are about no incident.
async fn ses_tells_of_emails(functions: &Functions) {
    let others = ["_d6iitobk75ur-1-0", "_-1-0"].map(|id| id.parse::<EmailId>().unwrap());
    let store = DynamoDbStore::new(functions.dynamodb.aws.dynamodb(), functions.dynamodb.table);
    let incident = store.load(&"INC-3".parse().unwrap()).await.unwrap().unwrap();
    let by = "Grace".parse().unwrap();
    let resolve = Command::Resolve { by, note: None };
    let mut change = decide(Some(&incident), resolve, &functions.policy, start()).unwrap();
    for (id, email) in others.iter().zip(change.emails.clone().into_iter().cycle()) {
        change.emails.push(OutboxEmail { id: id.clone(), ..email });
    }
    store.commit(Commit::of(&change)).await.unwrap();
    for id in &others {
        store.claim_email(id, "mine", start()).await.unwrap().unwrap();
    }
    let desk = functions.desk("record-delivery");
    let of_incident: EmailId = "INC-1-1-0".parse().unwrap();
    for id in [of_incident].into_iter().chain(others) {
        let item = store.load_email(&id).await.unwrap().unwrap();
        let message_id = item.delivery.ses_message_id.unwrap_or_else(|| "ses-1".to_owned());
        let to = item.email.recipient.to_string();
        let sent = SentEmail { id, message_id, to, sent_at: start() };
        for said in [Said::Delivered, Said::Bounced] {
            record_delivery::handle(&desk, sent.event(said, start())).await.unwrap();
        }
        let known = store.load_email(&sent.id).await.unwrap().unwrap();
        assert_eq!(known.delivery.status, DeliveryStatus::Parked);
    }
}

async fn webhooks_go_out(functions: &Functions) {
    const FUNCTION: &str = "dispatch-webhook";
    let (desk, receivers) = (functions.desk(FUNCTION), Receivers::default());
    let keys = functions.webhook_keys(FUNCTION).await.keys(desk.clock.now()).await.unwrap();
    let poster = dispatch_webhook::Poster::new(receivers.connector());
    let batch = Batch { records: vec![keyed(1, "INCIDENT#INC-1", "WEBHOOK#0000000001#000")] };
    dispatch_webhook::handle(&desk, &keys, &poster, batch).await;
    assert_eq!(receivers.taken_by("crm.example.com").len(), 1);
}

#[tokio::test]
async fn what_each_function_asks_of_aws_is_what_its_role_is_held_to() {
    let functions = Functions::start().await;
    customers_escalate(&functions).await;
    care_works(&functions).await;
    mail_comes_in(&functions).await;
    people_look_at_the_quarantine(&functions).await;
    // The account's incidents recur; e-mails got stuck, also of what is resolved; promises break.
    for seconds in [1, 120, 2 * 3600] {
        functions.sweep_at(seconds).await;
    }
    emails_go_out(&functions).await;
    ses_tells_of_emails(&functions).await;
    webhooks_go_out(&functions).await;
    expect_file!["../../infra/checks/asked.json"].assert_eq(&functions.asked());
}

/// A client that production makes and nobody notes would ask in the dark.
#[test]
fn every_client_that_functions_make_is_noted() {
    let named = |text: &'static str, before: &str| -> BTreeSet<_> {
        let after = text.split(before).skip(1);
        after.map(|rest| rest.split(|c: char| c != '_' && !c.is_alphanumeric()).next()).collect()
    };
    let made = named(include_str!("../../shared/src/aws.rs"), "-> aws_sdk_");
    assert!(made.contains(&Some("dynamodb")), "{made:?}");
    assert_eq!(named(include_str!("../src/asked.rs"), ": aws_sdk_"), made);
}
