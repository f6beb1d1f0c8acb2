//! What is stored is read as long as it is stored, by whatever desk comes after the one that wrote it.
//!
//! `1.json` has items of every kind as the desk wrote them when layout 1 was the newest; a file is
//! written once, with its layout, and never changed.

mod attributes;
mod desk;
pub(crate) mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use desk_tests::call::get;
use expect_test::expect_file;
use serde_json::{Value, json};
use shared::store::dynamodb::schema::{NEWEST, SCHEMA};
use shared::telemetry::Metric;

use attributes::{shape, text};
pub(crate) use desk::Played;

/// Only added to and never read by what decides: whoever wrote them.
const COUNTERS: [&str; 2] = ["FIGURES", "LIMIT"];

fn kind(item: &Value) -> String {
    text(item, &["item"]).unwrap().to_owned()
}

/// The kind, and for what has many shapes what it says.
fn finer_kind(item: &Value) -> String {
    let said = text(item, &["entry", "event"]).or_else(|| text(item, &["email", "kind", "name"]));
    format!("{} {}", kind(item), said.unwrap_or_default()).trim_end().to_owned()
}

async fn written_today() -> Vec<Value> {
    let played = Played::start().await;
    play::write(&played).await;
    played.items().await
}

fn file_of(layout: u32) -> PathBuf {
    PathBuf::from(format!("{}/store/stored/{layout}.json", env!("CARGO_MANIFEST_DIR")))
}

fn stored(layout: u32) -> Vec<Value> {
    let path = file_of(layout);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| {
        panic!("{} is not there: write it, once, with WRITE_STORED=1", path.display())
    });
    serde_json::from_str(&text).unwrap()
}

fn with_layout(item: &Value, layout: u32) -> Value {
    let mut item = item.clone();
    item[SCHEMA] = json!({ "N": layout.to_string() });
    item
}

/// Before items said which layout they have.
fn without_layout(item: &Value) -> Value {
    let mut item = item.clone();
    item.as_object_mut().unwrap().remove(SCHEMA);
    item
}

#[tokio::test]
async fn the_newest_layout_is_stored() {
    let path = file_of(NEWEST);
    #[expect(clippy::disallowed_methods, reason = "of this test, and of no function")]
    let writes = std::env::var_os("WRITE_STORED").is_some();
    if writes && !path.exists() {
        let items: Vec<_> = written_today().await.iter().map(Value::to_string).collect();
        std::fs::write(&path, format!("[\n{}\n]\n", items.join(",\n"))).unwrap();
    }
    let kinds = |items: &[Value]| items.iter().map(kind).collect::<BTreeSet<_>>();
    assert_eq!(kinds(&stored(NEWEST)), kinds(&written_today().await), "every kind is stored");
}

#[tokio::test]
async fn what_is_written_has_the_shape_that_was_looked_at() {
    let mut shapes = BTreeMap::<_, BTreeSet<String>>::new();
    for item in written_today().await {
        assert_eq!(item[SCHEMA], json!({ "N": NEWEST.to_string() }), "{item}");
        shapes.entry(finer_kind(&item)).or_default().extend(shape(&item));
    }
    let mut text = format!(
        "What is written in layout {NEWEST}. Where this changes: can the version before read it, and \
         this one\nwhat is stored? If not, it is another layout: see shared/src/store/dynamodb/schema.rs.\n"
    );
    for (kind, lines) in shapes {
        let lines: Vec<_> = lines.into_iter().collect();
        text.push_str(&format!("\n{kind}\n  {}\n", lines.join("\n  ")));
    }
    expect_file!["./shapes.txt"].assert_eq(&text);
}

#[tokio::test]
async fn what_older_desks_have_stored_is_read_acted_on_and_written_back() {
    let mut layouts: Vec<_> = (1..=NEWEST).map(|layout| (layout, stored(layout))).collect();
    layouts.push((0, stored(1).iter().map(without_layout).collect()));
    for (layout, items) in layouts {
        let played = Played::start().await;
        played.restore(&items).await;
        let failed = play::act(&played, &items, play::LONG_AFTER).await;
        assert!(failed.is_empty(), "layout {layout}:\n{}", failed.join("\n"));
        assert!(played.metrics.values(Metric::Unreadable).is_empty());
        assert!(!played.mailer.take_sent().is_empty());
        assert!(!played.receivers.taken_by("crm.example").is_empty());
        let after = played.items().await;
        let newest = json!({ "N": NEWEST.to_string() });
        let not_written_back = |item: &&Value| kind(item) == "INCIDENT" && item[SCHEMA] != newest;
        assert_eq!(after.iter().find(not_written_back), None, "layout {layout}");
        // And what it has become is read again.
        let failed = play::act(&played, &after, play::LONG_AFTER).await;
        let unreadable = failed.iter().find(|failed| failed.contains(" 500 "));
        assert_eq!(unreadable, None, "layout {layout}");
    }
}

#[tokio::test]
async fn what_a_newer_desk_wrote_is_told_of_and_neither_read_nor_written_over() {
    let items = stored(NEWEST);
    let kinds: BTreeSet<_> = items.iter().map(kind).collect();
    for newer in kinds.iter().filter(|kind| !COUNTERS.contains(&kind.as_str())) {
        let is_newer = |item: &Value| kind(item) == *newer;
        let make_newer = |item: &Value| {
            if is_newer(item) { with_layout(item, NEWEST + 1) } else { item.clone() }
        };
        let items: Vec<_> = items.iter().map(make_newer).collect();
        let played = Played::start().await;
        played.restore(&items).await;
        let failed = play::act(&played, &items, play::LONG_AFTER).await;
        assert!(!failed.is_empty(), "{newer}: all was done");
        let after = played.items().await;
        for item in items.iter().filter(|item| is_newer(item)) {
            assert!(after.contains(item), "{newer}: is not as it was any more: {item}");
        }
        if matches!(newer.as_str(), "INCIDENT" | "EMAIL" | "WEBHOOK" | "REMEMBERED" | "WATCH") {
            assert!(!played.metrics.values(Metric::Unreadable).is_empty(), "{newer}");
        }
    }
}

#[tokio::test]
async fn a_newer_desks_incident_is_named_on_the_board_and_hides_no_other() {
    let played = Played::start().await;
    let board = async || played.ask(get("/v1/incidents?limit=100")).await.json();
    played.restore(&stored(NEWEST)).await;
    let numbers = |board: &Value| -> Vec<String> {
        let incidents = board["incidents"].as_array().unwrap().iter();
        incidents.map(|incident| incident["number"].as_str().unwrap().to_owned()).collect()
    };
    let before = board().await;
    assert_eq!(before.get("unreadable"), None);
    let first = numbers(&before)[0].clone();
    let make_newer = |item: &Value| {
        let is_first = item["pk"]["S"] == format!("INCIDENT#{first}") && kind(item) == "INCIDENT";
        if is_first { with_layout(item, NEWEST + 1) } else { item.clone() }
    };
    played.restore(&stored(NEWEST).iter().map(make_newer).collect::<Vec<_>>()).await;
    let after = board().await;
    assert_eq!(after["unreadable"], json!([first]));
    assert_eq!(numbers(&after), numbers(&before)[1..]);
}

#[tokio::test]
async fn a_newer_desks_counters_are_added_to_and_stop_nobody() {
    let is_counter = |item: &Value| COUNTERS.contains(&kind(item).as_str());
    let newer = json!({ "N": (NEWEST + 1).to_string() });
    let make_newer = |item: &Value| {
        if is_counter(item) { with_layout(item, NEWEST + 1) } else { item.clone() }
    };
    let items: Vec<_> = stored(NEWEST).iter().map(make_newer).collect();
    let played = Played::start().await;
    played.restore(&items).await;
    let failed = play::act(&played, &items, play::SOON_AFTER).await;
    assert!(failed.iter().all(|failed| failed.starts_with("GET /v1/figures: 500")), "{failed:#?}");
    assert_eq!(failed.len(), 1, "they are not read");
    let after = played.items().await;
    let mut grown = BTreeSet::new();
    for item in items.iter().filter(|item| is_counter(item)) {
        let is_it = |other: &&Value| [&other["pk"], &other["sk"]] == [&item["pk"], &item["sk"]];
        let now = after.iter().find(is_it).unwrap();
        assert_eq!(now[SCHEMA], newer, "{item}");
        let names = item.as_object().unwrap().keys();
        assert!(names.into_iter().all(|name| now.get(name).is_some()), "{item}");
        if now != item {
            grown.insert(kind(item));
        }
    }
    assert!(grown.iter().eq(&COUNTERS), "only {grown:?}");
}
