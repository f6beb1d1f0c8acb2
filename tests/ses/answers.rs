//! What each answer says about the e-mail, and that none of them makes the SDK send it again.

use desk_tests::scripted::{Answer, Scripted};
use shared::mailer::{Mailer, SendError};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{email, mailer_at};

/// Sends an e-mail to a server that answers so, in exactly one request.
async fn sent(answer: Answer) -> Result<String, SendError> {
    // What an attempt too many would get: a good answer, so that it shows as one.
    let good = Answer::json(200, r#"{"MessageId":"sent again"}"#);
    let server = Scripted::start([answer, good]).await;
    let (mailer, counter) = mailer_at(server.url());
    let result = mailer.send(&email(0)).await;
    assert_eq!(counter.take(), "SendEmail 1");
    assert_eq!(server.requests().len(), 1);
    result
}

fn retry(account_held: bool, reason: &str) -> Result<String, SendError> {
    Err(SendError::Retry { reason: reason.to_owned(), account_held })
}

fn park(reason: &str) -> Result<String, SendError> {
    Err(SendError::Park { reason: reason.to_owned() })
}

/// The class alone: the words are hyper's.
fn class(result: &Result<String, SendError>) -> &'static str {
    match result {
        Ok(_) => "sent",
        Err(SendError::Retry { account_held: false, .. }) => "retry",
        Err(SendError::Retry { account_held: true, .. }) => "retry, account held",
        Err(SendError::Ambiguous { .. }) => "ambiguous",
        Err(SendError::Park { .. }) => "park",
    }
}

async fn class_of(answer: Answer) -> &'static str {
    class(&sent(answer).await)
}

#[tokio::test]
async fn a_good_answer_is_the_id_that_ses_gave() {
    let result = sent(Answer::json(200, r#"{"MessageId":"0102-000000"}"#)).await;
    assert_eq!(result, Ok("0102-000000".to_owned()));
}

#[tokio::test]
async fn a_failure_of_the_server_may_have_sent() {
    for status in [500, 502, 503, 504] {
        let class = class_of(Answer::refusal(status, "InternalFailure")).await;
        assert_eq!(class, "ambiguous", "{status}");
    }
}

#[tokio::test]
async fn a_connection_dropped_after_the_request_may_have_sent() {
    assert_eq!(class_of(Answer::dropped()).await, "ambiguous");
}

#[tokio::test]
async fn an_answer_cut_off_may_have_sent() {
    assert_eq!(class_of(Answer::cut_off(r#"{"MessageId":"01"#)).await, "ambiguous");
    assert_eq!(class_of(Answer::Last("HTTP/1.1 20".to_owned())).await, "ambiguous");
}

#[tokio::test]
async fn a_good_answer_that_cannot_be_read_may_have_sent() {
    assert_eq!(class_of(Answer::json(200, r#"{"MessageId":"01"#)).await, "ambiguous");
    assert_eq!(class_of(Answer::json(302, "")).await, "ambiguous");
}

#[tokio::test]
async fn a_limit_is_waited_out() {
    let limits = [
        (429, "TooManyRequestsException"),
        (400, "LimitExceededException"),
        (400, "ThrottlingException"),
    ];
    for (status, code) in limits {
        let result = sent(Answer::refusal(status, code)).await;
        assert_eq!(result, retry(false, &format!("{code}: Said by the server.")));
    }
}

#[tokio::test]
async fn an_account_that_is_held_up_keeps_the_email_pending() {
    let holds = [
        (400, "SendingPausedException"),
        (400, "AccountSuspendedException"),
        (400, "MailFromDomainNotVerifiedException"),
        (404, "NotFoundException"),
        (403, "AccessDeniedException"),
        (403, "ExpiredTokenException"),
    ];
    for (status, code) in holds {
        let result = sent(Answer::refusal(status, code)).await;
        assert_eq!(result, retry(true, &format!("{code}: Said by the server.")));
    }
}

#[tokio::test]
async fn an_email_that_ses_refuses_is_parked() {
    for code in ["MessageRejected", "BadRequestException", "ValidationException"] {
        let result = sent(Answer::refusal(400, code)).await;
        assert_eq!(result, park(&format!("{code}: Said by the server.")));
    }
}

#[tokio::test]
async fn a_connection_refused_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (mailer, counter) = mailer_at(&url);
    assert_eq!(class(&mailer.send(&email(0)).await), "retry");
    assert_eq!(counter.take(), "SendEmail 1");
}

/// The time stands still from when the other end waits, and then moves on by itself: only the
/// time-out is left to happen.
#[tokio::test]
async fn no_answer_within_30_seconds_may_have_sent() {
    let server = Scripted::start([Answer::Silence]).await;
    let (mailer, counter) = mailer_at(server.url());
    let (began, email) = (Instant::now(), email(0));
    let (result, ()) = tokio::join!(mailer.send(&email), async {
        server.read_one().await;
        tokio::time::pause();
    });
    assert_eq!(class(&result), "ambiguous");
    assert_eq!(began.elapsed().as_secs(), 30);
    assert_eq!(counter.take(), "SendEmail 1");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_handshake_without_end_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (mailer, counter) = mailer_at(&format!("https://{}", listener.local_addr().unwrap()));
    let (began, email) = (Instant::now(), email(0));
    let (result, _open) = tokio::join!(mailer.send(&email), async {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::time::pause();
        stream
    });
    assert_eq!(class(&result), "retry");
    assert_eq!(began.elapsed().as_secs(), 2);
    assert_eq!(counter.take(), "SendEmail 1");
}
