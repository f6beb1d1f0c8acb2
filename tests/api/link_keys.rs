//! The keys of links in AWS: fetched when needed, kept, changed, and sometimes not to be had.

use desk_tests::DEFAULT_POLICY;
use desk_tests::dynamodb::aws_at;
use desk_tests::scripted::{Answer, Scripted};
use desk_tests::world::{World, start};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::links::{Action, KeyRing, KeySource, KeysUnavailable, Link, LinkKeys, LinkRefused};

use crate::escalation;

const FIRST: &str = r#"{"key_id": "1", "key": "the first key of the tests and of nobody"}"#;
const CHANGED: &str = r#"{"key_id": "2", "key": "the second key of the tests and of nobody",
    "previous_key_id": "1", "previous_key": "the first key of the tests and of nobody"}"#;

fn secret(keys: &str) -> Answer {
    Answer::json(200, &json!({ "Name": "links", "SecretString": keys }).to_string())
}

fn refused() -> Answer {
    Answer::refusal(400, "AccessDeniedException")
}

async fn ring(script: impl IntoIterator<Item = Answer>) -> (KeyRing, Scripted) {
    let server = Scripted::start(script).await;
    let source = KeySource::Secret("arn:aws:secretsmanager:eu-west-1:1:secret:links".to_owned());
    let aws = aws_at(server.url());
    (KeyRing::new(source, move || aws.secrets()), server)
}

fn at(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn token(keys: &str) -> (Link, String) {
    let link = Link {
        incident: "INC-1".parse().unwrap(),
        recipient: "triage@example.com".parse().unwrap(),
        language: shared::incident::values::Language::En,
        action: Action::View,
        expires_at: at(1_000_000),
    };
    let token = LinkKeys::read(keys).unwrap().sign(&link);
    (link, token)
}

#[tokio::test]
async fn keys_are_fetched_when_they_are_needed_first_and_when_they_are_old() {
    let (ring, server) = ring([secret(FIRST), secret(FIRST)]).await;
    assert_eq!(server.requests().len(), 0, "nothing at the start");
    ring.keys(at(0)).await.unwrap();
    ring.keys(at(899)).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    ring.keys(at(900)).await.unwrap();
    ring.keys(at(901)).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_link_of_a_new_key_fetches_the_keys_and_forged_ones_do_so_once_a_minute() {
    let (ring, server) = ring([secret(FIRST), secret(CHANGED), secret(CHANGED)]).await;
    let (link, old) = token(FIRST);
    let (_, new) = token(CHANGED);
    assert_eq!(ring.verify(&old, at(0)).await.unwrap(), Ok(link.clone()));
    assert_eq!(ring.verify(&new, at(60)).await.unwrap(), Ok(link.clone()));
    assert_eq!(ring.verify(&old, at(60)).await.unwrap(), Ok(link), "the older one signed it");
    assert_eq!(server.requests().len(), 2);
    let (_, forged) = token(&FIRST.replace(r#""1""#, r#""3""#));
    // It may be of a newer key: nobody is told that the link is wrong before that is known.
    for seconds in [61, 62, 119] {
        let told = ring.verify(&forged, at(seconds)).await.unwrap_err();
        assert!(matches!(told, KeysUnavailable::AMomentAgo), "{told}");
    }
    assert_eq!(server.requests().len(), 2);
    assert_eq!(ring.verify(&forged, at(120)).await.unwrap(), Err(LinkRefused::UnknownKey));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn keys_that_are_kept_go_on_when_the_secret_cannot_be_fetched_or_is_wrong() {
    let (ring, server) = ring([secret(FIRST), refused(), secret("{}")]).await;
    let (link, token) = token(FIRST);
    ring.keys(at(0)).await.unwrap();
    for seconds in [900, 960, 961] {
        assert_eq!(ring.verify(&token, at(seconds)).await.unwrap(), Ok(link.clone()));
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_secret_that_is_not_to_be_had_is_asked_for_once_a_minute() {
    let (ring, server) =
        ring([refused(), secret(r#"{"key_id": "1", "key": "short"}"#), secret(FIRST)]).await;
    let failed = ring.keys(at(0)).await.unwrap_err();
    assert!(matches!(failed, KeysUnavailable::Unreachable(_)), "{failed}");
    let failed = ring.keys(at(59)).await.unwrap_err();
    assert!(matches!(failed, KeysUnavailable::AMomentAgo), "{failed}");
    assert_eq!(server.requests().len(), 1);
    let failed = ring.keys(at(60)).await.unwrap_err().to_string();
    assert!(failed.ends_with("/key: must be 32 to 512 bytes long"), "{failed}");
    ring.keys(at(120)).await.unwrap();
}

#[tokio::test]
async fn without_keys_an_alert_goes_out_all_the_same_and_shows_the_request() {
    let (ring, _server) = ring([refused()]).await;
    let world = World::with_keys(DEFAULT_POLICY, ring);
    assert_eq!(world.post("/v1/escalations", escalation()).await.status, 201);
    assert!(world.dispatch().await.is_empty());
    let sent = world.mailer.take_sent();
    assert_eq!(sent.len(), 4);
    assert!(
        sent.iter().all(|email| !email.text.contains("/links/") && !email.html.contains("href"))
    );
    let alert = sent.iter().find(|email| email.to.as_str() == "triage@example.com").unwrap();
    assert!(alert.text.contains("POST /v1/incidents/INC-1/acknowledgement"), "{}", alert.text);
}
