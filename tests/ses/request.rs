//! What SES is handed.

use desk_tests::scripted::{Answer, Scripted};
use serde_json::Value;
use shared::config::Environment;
use shared::email::render::REPEAT_HEADER;
use shared::mailer::Mailer;

use crate::{email, mailer_at};

/// What arrives for an e-mail.
async fn arrives(repeat: u32) -> (String, Value) {
    let server = Scripted::start([Answer::json(200, r#"{"MessageId":"ses-1"}"#)]).await;
    let (mailer, _) = mailer_at(server.url());
    mailer.send(&email(repeat)).await.unwrap();
    let request = server.requests().remove(0);
    (request.line, serde_json::from_str(&request.body).unwrap())
}

#[tokio::test]
async fn ses_is_handed_one_recipient_both_parts_the_headers_and_the_tags() {
    let (line, body) = arrives(0).await;
    insta::assert_snapshot!(format!("{line}\n\n{body:#}"));
}

#[tokio::test]
async fn ses_is_told_the_configuration_set_if_there_is_one() {
    let server = Scripted::start([Answer::json(200, r#"{"MessageId":"ses-1"}"#)]).await;
    let (mailer, _) = mailer_at(server.url());
    let set = Environment::read(&|name| (name == "CONFIGURATION_SET").then(|| "desk".to_owned()));
    mailer.told_of_by(set.unwrap()).send(&email(0)).await.unwrap();
    let mut body: Value = serde_json::from_str(&server.requests().remove(0).body).unwrap();
    assert_eq!(body["ConfigurationSetName"].take(), "desk");
    body.as_object_mut().unwrap().remove("ConfigurationSetName");
    assert_eq!(body, arrives(0).await.1, "otherwise the same");
}

#[tokio::test]
async fn a_repeat_is_labelled_and_otherwise_the_same() {
    let (_, first) = arrives(0).await;
    let (_, mut repeat) = arrives(2).await;
    let headers = repeat["Content"]["Simple"]["Headers"].as_array_mut().unwrap();
    let label = headers.pop().unwrap();
    assert_eq!(label, serde_json::json!({ "Name": REPEAT_HEADER, "Value": "2" }));
    assert_eq!(repeat, first);
}
