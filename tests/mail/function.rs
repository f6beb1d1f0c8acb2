//! `receive-email` with the real S3 client: what it asks of the bucket, and what each answer comes to.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use desk_tests::arrivals::Arriving;
use desk_tests::dynamodb::aws_at;
use desk_tests::link_keys;
use desk_tests::scripted::{Answer, Scripted};
use receive_email::{MailBucket, Objects};
use shared::config::Environment;
use shared::store::Store;

use super::met::{ID, desk, now};

fn arriving() -> Arriving {
    let text = "All our shops are closed since this morning.";
    Arriving::plain("ada@acme.example", "escalations@example.com", "INC-1001", text)
}

fn message(id: &str, body: String) -> SqsMessage {
    let mut message = SqsMessage::default();
    (message.message_id, message.body) = (Some(id.to_owned()), Some(body));
    message
}

fn objects(server: &Scripted) -> Objects {
    let bucket: MailBucket =
        Environment::read(&|name| (name == "MAIL_BUCKET").then(|| "mails".to_owned())).unwrap();
    Objects::new(aws_at(server.url()).s3(), bucket)
}

fn found(body: &str) -> Answer {
    Answer::json(206, body)
}

fn refused(status: u16, code: &str) -> Answer {
    Answer::json(
        status,
        &format!("<Error><Code>{code}</Code><Message>Said by the server.</Message></Error>"),
    )
}

/// Hands one message over, of a mail for which S3 answers so. Returns whether it comes again, and what
/// became of the mail.
async fn becomes(answers: Vec<Answer>) -> (bool, Option<String>, Vec<String>) {
    let server = Scripted::start(answers).await;
    let desk = desk().await;
    let mut event = SqsEvent::default();
    event.records = vec![message("1", arriving().notification(ID, now()).to_string())];
    let answer = receive_email::handle(&desk, &link_keys(), &objects(&server), event).await;
    let record = desk.store.load_mail(&ID.parse().unwrap()).await.unwrap();
    let again = answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str());
    let again = again.collect::<Vec<_>>() == ["1"];
    let asked = server.requests();
    let range = |headers: &[String]| {
        headers.iter().find(|header| header.starts_with("range:")).cloned().unwrap_or_default()
    };
    let asked = asked.iter().map(|request| format!("{} {}", request.line, range(&request.headers)));
    (again, record.map(|record| record.outcome.to_string()), asked.collect())
}

fn raw() -> String {
    String::from_utf8(arriving().raw).unwrap()
}

#[tokio::test]
async fn a_mail_is_fetched_once_and_no_more_than_four_megabytes_of_it() {
    let (again, outcome, asked) = becomes(vec![found(&raw())]).await;
    assert_eq!((again, outcome.as_deref()), (false, Some("escalated INC-1001")));
    let id = format!("GET /mails/mail/{ID}?x-id=GetObject range: bytes=0-4194303");
    assert_eq!(asked, [id]);
}

#[tokio::test]
async fn a_mail_that_is_gone_is_noted_and_does_not_come_again() {
    let (again, outcome, _) = becomes(vec![refused(404, "NoSuchKey")]).await;
    assert_eq!((again, outcome.as_deref()), (false, Some("noted gone")));
}

#[tokio::test]
async fn a_mail_without_a_byte_waits_for_a_person() {
    let (again, outcome, _) = becomes(vec![refused(416, "InvalidRange")]).await;
    assert_eq!((again, outcome.as_deref()), (false, Some("quarantined from")));
}

#[tokio::test]
async fn a_mail_that_s3_does_not_hand_out_comes_again_and_nothing_is_written() {
    for answers in [
        vec![refused(500, "InternalError"), refused(503, "SlowDown")],
        // Not allowed to look: who may not list a bucket cannot tell what is gone.
        vec![refused(403, "AccessDenied")],
        vec![Answer::dropped(), Answer::dropped()],
    ] {
        let (again, outcome, _) = becomes(answers).await;
        assert_eq!((again, outcome), (true, None));
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_read_comes_again_and_holds_up_no_other() {
    let server = Scripted::start(vec![found(&raw())]).await;
    let desk = desk().await;
    let mut event = SqsEvent::default();
    event.records = vec![
        message("poison", "{}".to_owned()),
        message("setup", r#"{"notificationType": "AmazonSnsSubscriptionSucceeded"}"#.to_owned()),
        message("good", arriving().notification(ID, now()).to_string()),
    ];
    let answer = receive_email::handle(&desk, &link_keys(), &objects(&server), event).await;
    let again: Vec<_> =
        answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(again, ["poison"]);
    let record = desk.store.load_mail(&ID.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(record.outcome.to_string(), "escalated INC-1001");
}

#[tokio::test]
async fn a_message_that_comes_twice_acts_once() {
    let server = Scripted::start(vec![found(&raw()), found(&raw())]).await;
    let desk = desk().await;
    for _ in 0..2 {
        let mut event = SqsEvent::default();
        event.records = vec![message("1", arriving().notification(ID, now()).to_string())];
        let answer = receive_email::handle(&desk, &link_keys(), &objects(&server), event).await;
        assert!(answer.batch_item_failures.is_empty());
    }
    let incident = desk.store.load(&"INC-1001".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(incident.version, 2, "opened, escalated");
}
