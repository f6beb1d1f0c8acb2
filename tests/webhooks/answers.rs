//! What each answer says about the webhook, and that none of them is followed or asked for twice.

use desk_tests::scripted::{Answer, Scripted};
use dispatch_webhook::Outcome;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::post;

/// Posts to a server that answers so, in exactly one request.
async fn answered(answer: Answer) -> Outcome {
    // What an attempt too many would get: a good answer, so that it shows as one.
    let server = Scripted::start([answer, Answer::json(200, "{}")]).await;
    let outcome = post(server.url()).await;
    assert_eq!(server.requests().len(), 1);
    outcome
}

fn failed(error: &str, may_have_arrived: bool, retry_after: Option<&str>) -> Outcome {
    let retry_after = retry_after.map(str::to_owned);
    Outcome::Failed { error: error.to_owned(), may_have_arrived, retry_after }
}

fn head(status: u16, headers: &str) -> Answer {
    Answer::Bytes(format!("HTTP/1.1 {status} \r\n{headers}content-length: 0\r\n\r\n"))
}

#[tokio::test]
async fn any_answer_of_200_to_299_is_taken() {
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(answered(head(status, "")).await, Outcome::Taken, "{status}");
    }
}

#[tokio::test]
async fn any_other_answer_is_a_failure_but_410() {
    for status in [300, 304, 400, 401, 404, 408, 425, 429, 500, 502, 503, 504] {
        let expected = failed(&format!("HTTP {status}"), true, None);
        assert_eq!(answered(head(status, "")).await, expected, "{status}");
    }
    assert_eq!(answered(head(410, "")).await, Outcome::Gone);
}

#[tokio::test]
async fn what_the_receiver_says_of_when_to_come_again_is_handed_on() {
    for status in [429, 503] {
        let outcome = answered(head(status, "Retry-After: 120\r\n")).await;
        assert_eq!(outcome, failed(&format!("HTTP {status}"), true, Some("120")));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Scripted::start([Answer::json(200, "{}")]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/\r\n", elsewhere.url());
        let outcome = answered(head(status, &location)).await;
        assert_eq!(outcome, failed(&format!("HTTP {status}"), true, None));
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn the_status_has_said_it_all_whatever_becomes_of_the_body() {
    assert_eq!(answered(Answer::cut_off("{")).await, Outcome::Taken);
    let huge = "x".repeat(20_000_000);
    assert_eq!(answered(Answer::json(200, &huge)).await, Outcome::Taken);
    assert_eq!(answered(Answer::json(500, &huge)).await, failed("HTTP 500", true, None));
}

#[tokio::test]
async fn a_body_without_end_is_not_waited_for() {
    let endless = "HTTP/1.1 200 \r\ncontent-length: 9\r\n\r\nx".to_owned();
    let began = Instant::now();
    assert_eq!(answered(Answer::Bytes(endless)).await, Outcome::Taken);
    assert!(began.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_may_have_delivered() {
    let expected = failed("the connection ended without an answer", true, None);
    assert_eq!(answered(Answer::dropped()).await, expected);
    assert_eq!(answered(Answer::Last("HTTP/1.1 20".to_owned())).await, expected);
    let nonsense = answered(Answer::Last("what is this\r\n\r\n".to_owned())).await;
    assert_eq!(nonsense, expected);
}

#[tokio::test]
async fn a_connection_refused_delivered_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(post(&url).await, failed("no connection", false, None));
}

/// The time stands still from when the other end waits, and then moves on by itself: only the
/// time-out is left to happen.
#[tokio::test]
async fn no_answer_within_15_seconds_may_have_delivered() {
    let server = Scripted::start([Answer::Silence]).await;
    let began = Instant::now();
    let (outcome, ()) = tokio::join!(post(server.url()), async {
        server.read_one().await;
        tokio::time::pause();
    });
    assert_eq!(outcome, failed("no answer within 15 s", true, None));
    assert_eq!(began.elapsed().as_secs(), 15);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_handshake_without_end_delivered_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let began = Instant::now();
    let (outcome, _open) = tokio::join!(post(&url), async {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::time::pause();
        stream
    });
    assert_eq!(outcome, failed("no connection", false, None));
    assert_eq!(began.elapsed().as_secs(), 2);
}
