//! A queue: seen once for a time, handed out again, kept past a restart.

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn queue() -> Queue {
    let visibility = Duration::from_secs(30);
    Queue::passing("tests", Settings { visibility, most_receives: 2, ..Settings::default() })
}

fn bodies(received: &[Received]) -> Vec<&str> {
    received.iter().map(|message| message.body.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_received_is_not_seen_until_its_time_is_up() {
    let queue = queue();
    queue.send("a".to_owned(), NOW).unwrap();
    queue.send("b".to_owned(), NOW).unwrap();
    assert_eq!(bodies(&queue.receive(1)), ["a"]);
    assert_eq!(bodies(&queue.receive(10)), ["b"]);
    assert_eq!(bodies(&queue.receive(10)), [""; 0]);
    tokio::time::advance(Duration::from_secs(29)).await;
    assert_eq!(bodies(&queue.receive(10)), [""; 0]);
    tokio::time::advance(Duration::from_secs(1)).await;
    let again = queue.receive(10);
    assert_eq!((bodies(&again), again[0].receives), (vec!["a", "b"], 2));
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_is_seen_after_the_delay_of_the_queue() {
    let delay = Duration::from_secs(1);
    let queue = Queue::passing("tests", Settings { delay, ..Settings::default() });
    queue.send("a".to_owned(), NOW).unwrap();
    assert!(queue.receive(10).is_empty());
    queue.has_some().await;
    assert_eq!(bodies(&queue.receive(10)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_gone_however_late() {
    let queue = queue();
    queue.send("a".to_owned(), NOW).unwrap();
    let first = queue.receive(10);
    tokio::time::advance(Duration::from_secs(30)).await;
    let second = queue.receive(10);
    queue.delete(&first[0]);
    assert!(queue.is_empty());
    queue.delete(&second[0]);
    queue.release(&second[0], Duration::ZERO);
    assert!(queue.receive(10).is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_who_received_it_last_lets_it_be_seen() {
    let queue = queue();
    queue.send("a".to_owned(), NOW).unwrap();
    let first = queue.receive(10);
    tokio::time::advance(Duration::from_secs(30)).await;
    let second = queue.receive(10);
    queue.release(&first[0], Duration::ZERO);
    assert!(queue.receive(10).is_empty());
    queue.release(&second[0], Duration::ZERO);
    // Its third time: a dead letter.
    assert!(queue.receive(10).is_empty());
    assert_eq!(queue.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_set_aside_and_holds_nobody_up() {
    let queue = queue();
    queue.send("poison".to_owned(), NOW).unwrap();
    for _ in 0..2 {
        assert_eq!(bodies(&queue.receive(1)), ["poison"]);
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    queue.send("good".to_owned(), NOW).unwrap();
    assert_eq!(bodies(&queue.receive(1)), ["good"]);
    tokio::time::advance(Duration::from_secs(3_000)).await;
    let good = queue.receive(10);
    assert_eq!(bodies(&good), ["good"]);
    assert!(queue.has(1));
    queue.delete(&good[0]);
    assert!(!queue.has(1));
}

#[test]
fn the_file_of_a_queue_that_is_never_empty_does_not_grow_and_has_what_waits() {
    let data = tempfile::tempdir().unwrap();
    let settings = Settings { visibility: Duration::ZERO, ..Settings::default() };
    let queue = Queue::open("mail", settings, data.path()).unwrap();
    queue.send("first".to_owned(), NOW).unwrap();
    let mut longest = 0;
    for n in 0..2 * LONGEST_FILE {
        queue.send(n.to_string(), NOW).unwrap();
        let received = queue.receive(2);
        queue.delete(&received[0]);
        longest = longest.max(queue.lock().journal.as_ref().unwrap().lines());
    }
    assert!((LONGEST_FILE..=LONGEST_FILE + 4).contains(&longest), "{longest}");
    let again = Queue::open("mail", settings, data.path()).unwrap();
    assert_eq!(bodies(&again.receive(10)), [(2 * LONGEST_FILE - 1).to_string()]);
}

#[tokio::test]
async fn what_was_sent_and_not_deleted_is_there_after_a_restart_and_so_are_dead_letters() {
    let data = tempfile::tempdir().unwrap();
    let (visibility, most_receives) = (Duration::ZERO, 1);
    let settings = Settings { visibility, most_receives, ..Settings::default() };
    let queue = Queue::open("mail", settings, data.path()).unwrap();
    for body in ["a", "b", "c", "d"] {
        queue.send(body.to_owned(), NOW).unwrap();
    }
    let received = queue.receive(10);
    queue.delete(&received[1]);
    // A dead letter each.
    assert!(queue.receive(10).is_empty());
    queue.delete(&received[2]);

    let queue = Queue::open("mail", settings, data.path()).unwrap();
    assert_eq!(queue.len(), 2);
    queue.send("e".to_owned(), NOW).unwrap();
    let received = queue.receive(10);
    assert_eq!(bodies(&received), ["a", "d", "e"]);
    received.iter().for_each(|message| queue.delete(message));
    assert_eq!(std::fs::metadata(data.path().join("mail.jsonl")).unwrap().len(), 0);
    assert!(Queue::open("mail", settings, data.path()).unwrap().is_empty());
}
