//! What a receiver is handed.

use desk_tests::scripted::{Answer, Scripted};

use crate::post;

#[tokio::test]
async fn a_receiver_is_handed_the_three_headers_of_the_standard_and_the_body_that_is_signed() {
    let server = Scripted::start([Answer::json(200, "{}")]).await;
    post(&format!("{}/hook?team=care", server.url())).await;
    let mut request = server.requests().remove(0);
    request.headers.retain(|header| !header.starts_with("host: "));
    insta::assert_snapshot!(format!(
        "{}\n{}\n\n{}",
        request.line,
        request.headers.join("\n"),
        request.body
    ));
}
