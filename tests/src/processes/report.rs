//! What a run came to, as tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use strum::VariantArray;

use super::counted::Violations;
use super::faults::{Break, Invocations, Kill, Service, Tally};
use super::hearing::Hearing;
use super::people::Wish;
use super::sending::Ambiguity;

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// What went wrong, and how often.
    pub tally: Tally,
    /// How often what was asked and accepted, and how often it was asked and refused.
    pub asked: BTreeMap<Wish, (u64, u64)>,
    /// Incidents.
    pub incidents: u64,
    /// Requests of functions to services.
    pub requests: u64,
    /// E-mails at the end, by how far they got.
    pub emails: BTreeMap<String, u64>,
    /// How often SES took one.
    pub taken: u64,
    /// How often it was open whether it had.
    pub ambiguity: Ambiguity,
    /// What another system was told.
    pub hearing: Hearing,
    /// Deadlines, all of them.
    pub deadlines: u64,
    /// How late each due instant was acted on, in milliseconds; sorted.
    pub lateness_ms: Vec<i64>,
    /// What was acted on later than DESIGN.md promises, because nothing had recovered.
    pub unrecovered: Vec<String>,
    /// How long people and faults went on, and how long it took from there until all was at rest.
    pub took: (Duration, Duration),
    /// What is not as it has to be.
    pub violations: Violations,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kills(f)?;
        self.breaks(f)?;
        self.people(f)?;
        self.sending(f)?;
        let checks: BTreeSet<_> = self.violations.iter().map(|(check, _)| check).collect();
        writeln!(f, "\nviolations {:>51}", self.violations.len())?;
        for check in checks {
            let mut of = self.violations.iter().filter(|(known, _)| known == check);
            writeln!(f, "  {check}: {} times", of.clone().count())?;
            of.by_ref().take(3).try_for_each(|(_, what)| writeln!(f, "    {what}"))?;
        }
        Ok(())
    }
}

impl Report {
    fn kills(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { kills, functions, .. } = &self.tally;
        write!(f, "{:<18}", "killed")?;
        functions.keys().try_for_each(|name| write!(f, "{name:>18}"))?;
        writeln!(f, "{:>10}", "all")?;
        for kill in Kill::VARIANTS {
            let of = |name: &String| kills.get(&(name.clone(), *kill)).copied().unwrap_or(0);
            write!(f, "  {:<16}", format!("{kill:?}"))?;
            functions.keys().try_for_each(|name| write!(f, "{:>18}", of(name)))?;
            writeln!(f, "{:>10}", functions.keys().map(of).sum::<u64>())?;
        }
        type Row = (&'static str, fn(&Invocations) -> u64);
        let rows: [Row; 6] = [
            ("processes", |of| of.started),
            ("invocations", |of| of.begun),
            ("  answered", |of| of.answered),
            ("  killed", |of| of.killed),
            ("  failed", |of| of.failed),
            ("  timed out", |of| of.timed_out),
        ];
        for (what, of) in rows {
            write!(f, "{what:<18}")?;
            functions.values().try_for_each(|counts| write!(f, "{:>18}", of(counts)))?;
            writeln!(f, "{:>10}", functions.values().map(of).sum::<u64>())?;
        }
        writeln!(f, "kills in all {:>49}", self.tally.killed())
    }

    fn breaks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = [Service::DynamoDb, Service::Ses, Service::S3, Service::Secrets];
        write!(f, "\n{:<18}", "connections")?;
        services.iter().try_for_each(|service| write!(f, "{:>10}", format!("{service:?}")))?;
        writeln!(f)?;
        for broken in Break::VARIANTS {
            write!(f, "  {:<16}", format!("{broken:?}"))?;
            for service in services {
                let times = self.tally.breaks.get(&(service, *broken)).copied().unwrap_or(0);
                write!(f, "{times:>10}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn people(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<40}{:>11}{:>11}", "people asked", "accepted", "refused")?;
        for (wish, (accepted, refused)) in &self.asked {
            writeln!(f, "  {:<38}{accepted:>11}{refused:>11}", format!("{wish:?}"))?;
        }
        let late = |share: f64| {
            #[expect(clippy::cast_precision_loss, reason = "some thousands")]
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the same")]
            let place = (self.lateness_ms.len() as f64 * share) as usize;
            self.lateness_ms.get(place.min(self.lateness_ms.len().saturating_sub(1))).copied()
        };
        let late = [0.5, 0.9, 0.99, 1.0].map(late).map(Option::unwrap_or_default);
        let (busy, rest) = self.took;
        for (what, count) in [
            ("answers lost on their way to who asked", self.tally.answers_lost),
            ("incidents", self.incidents),
            ("requests of functions to services", self.requests),
            ("deadlines, all of them served", self.deadlines),
            ("instants at which the desk acted", self.lateness_ms.len() as u64),
            ("seconds with faults", busy.as_secs()),
            ("seconds from there until all was at rest", rest.as_secs()),
        ] {
            writeln!(f, "{what:<51}{count:>11}")?;
        }
        let [half, most, nearly, latest] = late;
        writeln!(
            f,
            "  late by, in ms: half {half}, 90 % {most}, 99 % {nearly}, the latest {latest}"
        )?;
        let unrecovered = self.unrecovered.len();
        writeln!(f, "{:<51}{unrecovered:>11}", "of these late because no sweep was left alone")?;
        self.unrecovered.iter().take(10).try_for_each(|what| writeln!(f, "  {what}"))
    }

    fn sending(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, heard) = (&self.ambiguity, self.hearing);
        writeln!(f, "\n{:<51}{:>11}", "e-mails in the outbox", self.emails.values().sum::<u64>())?;
        for (status, times) in &self.emails {
            writeln!(f, "  {status:<49}{times:>11}")?;
        }
        for (what, count) in [
            ("events of SES that were lost", self.tally.events_lost),
            ("SES was asked to send", a.attempts),
            ("SES took an e-mail", self.taken),
            ("ambiguous: not written down that it is sent", a.ambiguous),
            ("  the process was killed at the request", a.killed),
            ("  the connection broke", a.broken),
            ("  answered, and killed or unable to write it down", a.unmarked),
            ("  of all these, SES had taken it", a.taken),
            ("e-mails that SES had taken and nobody knew", a.emails),
            ("  SES told of it, and it was not sent again", a.told),
            ("  not needed any more, or given up on", a.ended_otherwise),
            ("  sent again: repeated", a.repeated),
            ("repeats", a.repeats),
            ("webhooks, all of them taken", heard.webhooks),
            ("  taken once more", heard.repeats),
            ("  the system was busy", heard.refused),
        ] {
            writeln!(f, "{what:<51}{count:>11}")?;
        }
        Ok(())
    }
}
