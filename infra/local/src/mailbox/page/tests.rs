//! What the mailbox answers over HTTP.

use axum::body::Body;
use axum::http::Request;
use futures::FutureExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;

fn shown() -> Shown {
    let (mailbox, objects) = (Mailbox::default(), Objects::passing());
    let raw = Raw { bucket: "b".to_owned(), key: "k".to_owned() };
    objects.put("b", "k", "From: <script>\r\n\r\n".into()).unwrap();
    let headers = [
        ("Message-Id", "<1@customer.example>"),
        ("References", "<root@example.com>\n<2@example.com> junk"),
    ];
    let incoming = Message {
        id: "1".to_owned(),
        from: "Ada <ada@customer.example>".to_owned(),
        to: "p1@example.com".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        incoming: true,
        raw: Some(raw),
        ..Message::default()
    };
    let bounced = Message {
        id: "2".to_owned(),
        html: Some("<p>Hello".to_owned()),
        bounce: Some(Bounce::Permanent),
        ..Message::default()
    };
    mailbox.deliver(incoming).unwrap();
    mailbox.deliver(bounced).unwrap();
    let outcomes: Outcomes =
        Arc::new(|id| std::future::ready(Some(format!("opened {id}"))).boxed());
    Shown { mailbox, objects, outcomes }
}

async fn get_from(shown: Shown, path: &str) -> (u16, axum::http::HeaderMap, String) {
    let addresses = Addresses::of_tests();
    let places =
        Places { api: "http://api", mailbox: "http://mailbox", addresses: addresses.as_ref() };
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router(shown, places).unwrap().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn json(path: &str) -> Value {
    serde_json::from_str(&get_from(shown(), path).await.2).unwrap()
}

#[tokio::test]
async fn the_page_runs_its_own_scripts_only_and_every_file_of_it_is_there() {
    let (status, headers, page) = get_from(shown(), "/").await;
    assert_eq!((status, headers["content-security-policy"].to_str().unwrap()), (200, PAGE_POLICY));
    assert!(!PAGE_POLICY.contains("unsafe"));
    assert!(!page.contains("<script>") && !page.contains("style="), "the policy forbids it");
    assert!(page.contains("data-escalation=\"escalations@example.com\""));
    let named = FILES.into_iter().map(|(name, ..)| name);
    for name in named {
        let (status, headers, text) = get_from(shown(), &format!("/page/{name}")).await;
        assert_eq!(status, 200);
        assert!(headers["content-type"].to_str().unwrap().starts_with("text/"), "{name}");
        let imports = text.lines().filter_map(|line| line.split_once("from \"./"));
        for (_, import) in imports {
            let import = import.trim_end_matches("\";");
            assert!(FILES.iter().any(|(name, ..)| *name == import), "{name} wants {import}");
        }
    }
    assert_eq!(get_from(shown(), "/page/../mailbox.rs").await.0, 404);
}

#[tokio::test]
async fn headings_say_which_conversation_a_mail_belongs_to_and_what_became_of_it() {
    let mut answer = json("/headings?after=0").await;
    answer.as_object_mut().unwrap().remove("mailbox");
    insta::assert_json_snapshot!(answer);
    assert_eq!(json("/headings?after=2").await["headings"], serde_json::json!([]));
}

#[tokio::test]
async fn outcomes_are_those_of_mail_that_came_in() {
    let expected = serde_json::json!({ "1": "opened 1" });
    assert_eq!(json("/outcomes?id=1&id=2&id=3").await, expected);
    assert_eq!(json("/messages/1").await["outcome"], "opened 1");
    assert_eq!(json("/messages/2").await["outcome"], Value::Null);
    let waits: Outcomes = Arc::new(|_| std::future::ready(None).boxed());
    let (_, _, body) = get_from(Shown { outcomes: waits, ..shown() }, "/outcomes?id=1").await;
    assert_eq!(body, "{}");
}

#[tokio::test]
async fn the_bytes_of_a_mail_are_saved_and_never_shown_by_a_browser() {
    let (status, headers, body) = get_from(shown(), "/messages/1/raw").await;
    assert_eq!((status, body.as_str()), (200, "From: <script>\r\n\r\n"));
    assert_eq!(headers["content-disposition"], "attachment; filename=\"1.eml\"");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    for path in ["/messages/2/raw", "/messages/3/raw", "/messages/3"] {
        assert_eq!(get_from(shown(), path).await.0, 404, "{path}");
    }
}
