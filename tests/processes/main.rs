//! Some dozens of kills of the functions' own processes, and a deadline or two. The campaign kills
//! thousands: see `tests/README.md`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test stops at what is wrong")]

use std::path::PathBuf;
use std::time::Duration;

use desk_tests::processes::{Processes, Settings, binaries};

/// Where this test's own program is, and those of the functions beside it.
fn folder() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(|deps| deps.parent()).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_processes_are_killed() {
    let settings = Settings {
        seed: 1,
        kills: 60,
        at_once: 6,
        programs: binaries::built(&folder()),
        policy: Settings::hurried_policy(),
        beat: Duration::from_secs(2),
        hastens: true,
        rests_within: Duration::from_secs(60),
    };
    let report = Processes::start(settings).await.run().await;
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
    // A run in which nothing happens loses nothing.
    assert!(report.tally.killed() >= 60 && report.incidents >= 6 && report.taken > 30, "{report}");
    assert!(!report.lateness_ms.is_empty() && report.ambiguity.ambiguous > 0, "{report}");
}
