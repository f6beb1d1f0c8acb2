//! Keeps account of which records are consumed, to know up to where the stream may be trimmed.
//!
//! Lanes finish out of order; only what has nothing unfinished before it may go.

use std::collections::VecDeque;

/// Records that were read and are not trimmed yet, in the stream's order.
#[derive(Debug, Default)]
pub struct Consumed {
    /// How many records have left `open` for good: the ticket of its first.
    gone: u64,
    open: VecDeque<(String, bool)>,
    last_gone: Option<String>,
}

/// Stands for one record that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

impl Consumed {
    /// A record was read.
    pub fn read(&mut self, event_id: String) -> Ticket {
        self.open.push_back((event_id, false));
        Ticket(self.gone + self.open.len() as u64 - 1)
    }

    /// A record needs nothing more.
    pub fn finish(&mut self, Ticket(ticket): Ticket) {
        let at = ticket.checked_sub(self.gone).and_then(|at| usize::try_from(at).ok());
        if let Some((_, finished)) = at.and_then(|at| self.open.get_mut(at)) {
            *finished = true;
        }
        while let Some((event_id, true)) = self.open.front_mut() {
            self.last_gone = Some(std::mem::take(event_id));
            self.open.pop_front();
            self.gone += 1;
        }
    }

    /// How many are not finished, or have an unfinished one before them.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// The id of the last record before which all are finished; once, until there is a later one.
    pub fn take_trim_point(&mut self) -> Option<String> {
        self.last_gone.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_trimmed_past_an_unfinished_record() {
        let mut consumed = Consumed::default();
        let [a, b, c] = ["a", "b", "c"].map(|id| consumed.read(id.to_owned()));
        consumed.finish(c);
        consumed.finish(b);
        assert_eq!(consumed.take_trim_point(), None);
        assert_eq!(consumed.open(), 3);
        consumed.finish(a);
        assert_eq!(consumed.take_trim_point(), Some("c".to_owned()));
        assert_eq!(consumed.take_trim_point(), None);
        assert_eq!(consumed.open(), 0);
    }

    #[test]
    fn finishing_twice_does_no_harm() {
        let mut consumed = Consumed::default();
        let a = consumed.read("a".to_owned());
        consumed.finish(a);
        let b = consumed.read("b".to_owned());
        consumed.finish(a);
        assert_eq!(consumed.take_trim_point(), Some("a".to_owned()));
        assert_eq!(consumed.open(), 1);
        consumed.finish(b);
        assert_eq!(consumed.open(), 0);
    }
}
