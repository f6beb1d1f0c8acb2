//! What SES is handed.

use desk_tests::scripted::{Answer, Scripted};
use serde_json::Value;
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
async fn a_repeat_is_labelled_and_otherwise_the_same() {
    let (_, first) = arrives(0).await;
    let (_, mut repeat) = arrives(2).await;
    let headers = repeat["Content"]["Simple"]["Headers"].as_array_mut().unwrap();
    let label = headers.pop().unwrap();
    assert_eq!(label, serde_json::json!({ "Name": REPEAT_HEADER, "Value": "2" }));
    assert_eq!(repeat, first);
}
