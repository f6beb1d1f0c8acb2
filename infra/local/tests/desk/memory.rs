//! How much memory a process has, and how much it keeps in files: as Linux tells it.

use std::path::PathBuf;

use tokio::process::Child;

/// Of a desk, after so many incidents.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    incidents: usize,
    emails: u64,
    /// All that it has in memory, in kB.
    resident: u64,
    /// What of it belongs to no file: what it has allocated.
    own: u64,
    /// The files of its table, in bytes; without a data folder they lie in a memory file system.
    table: u64,
}

/// So much more than before may be the allocator's, in kB.
const SLACK: u64 = 32 * 1024;

impl Memory {
    pub fn of(process: &Child, incidents: usize, emails: u64) -> Self {
        let root = PathBuf::from(format!("/proc/{}", process.id().expect("a process")));
        let status = std::fs::read_to_string(root.join("status")).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
        };
        let files = std::fs::read_dir(root.join("fd")).into_iter().flatten().flatten();
        let mut files: Vec<_> =
            files.filter_map(|file| std::fs::read_link(file.path()).ok()).collect();
        files.sort();
        files.dedup();
        let is_table = |path: &&PathBuf| path.to_string_lossy().contains("dynamodb.sqlite");
        let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |about| about.len());
        let table = files.iter().filter(is_table).map(length).sum();
        Self { incidents, emails, resident: of("VmRSS"), own: of("RssAnon"), table }
    }

    #[expect(clippy::print_stdout, reason = "it reports to whoever started it")]
    pub fn say(&self) {
        let Self { incidents, emails, resident, own, table } = self;
        let (resident, own) = (resident / 1024, own / 1024);
        let each = table / (*incidents as u64).max(1);
        println!(
            "{incidents:>7} incidents, {emails:>8} e-mails: {resident:>4} MB resident, {own:>4} MB its \
             own; table {:>5} MB, {each} bytes an incident",
            table / 1_048_576
        );
    }

    /// From the first quarter on, when the mailbox is full, it does not grow.
    pub fn is_flat(seen: &[Self]) {
        let [.., last] = seen else { return };
        let early = &seen[seen.len() / 4];
        assert!(last.own <= early.own + SLACK, "grew: {early:?} {last:?}");
    }
}
