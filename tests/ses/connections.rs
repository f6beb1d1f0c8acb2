//! Connections that a freeze may have killed are not used.

use std::time::Duration;

use desk_tests::scripted::{Answer, Scripted};
use shared::mailer::Mailer;

use crate::{email, mailer_at};

/// On which connections two e-mails go out, the second so long after the first.
async fn connections(pause: Duration) -> Vec<usize> {
    let good = Answer::json(200, r#"{"MessageId":"ses-1"}"#);
    let server = Scripted::start([good.clone(), good]).await;
    let (mailer, _) = mailer_at(server.url());
    mailer.send(&email(0)).await.unwrap();
    // Moves on at once when nobody has anything left to do.
    tokio::time::pause();
    tokio::time::sleep(pause).await;
    tokio::time::resume();
    mailer.send(&email(0)).await.unwrap();
    server.requests().iter().map(|request| request.connection).collect()
}

#[tokio::test]
async fn emails_of_one_batch_share_a_connection() {
    assert_eq!(connections(Duration::from_secs(1)).await, [0, 0]);
}

#[tokio::test]
async fn an_email_after_a_pause_gets_a_new_connection() {
    assert_eq!(connections(Duration::from_secs(6)).await, [0, 1]);
}
