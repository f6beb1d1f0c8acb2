//! Why a mail asks for an escalation, in its author's words.

use super::courtesy;
use super::reading::{Mail, is_of_desk};
use super::words::{folded, words};
use crate::incident::values::{IncidentNumber, Justification};

/// Longer reasons are shortened.
const CHARACTERS: usize = 4000;
/// What follows a closing is the name of who closes, within so many lines.
const NAME_LINES: usize = 8;

/// What the author wrote as a business justification: without greeting and closing, shortened if
/// need be. If the text says nothing besides the number and courtesies, the subject may; not that
/// of an answer, whose words are of another. `None` when neither is a reason.
#[must_use]
pub fn justification(mail: &Mail, number: Option<&IncidentNumber>) -> Option<Justification> {
    let known = known(mail, number);
    let text = without_courtesies(&mail.new_text, mail);
    reason(&text, &known).or_else(|| reason(&subject(mail)?, &known))
}

/// A text as a reason, if it is one.
fn reason(text: &str, known: &[String]) -> Option<Justification> {
    if courtesy::says_nothing(text, known) {
        return None;
    }
    Justification::try_from(shortened(text.trim())).ok()
}

/// Words that say nothing in this mail: the number, and its author's name and address.
fn known(mail: &Mail, number: Option<&IncidentNumber>) -> Vec<String> {
    let mut known = String::new();
    if let Some(number) = number {
        known.push_str(number.as_str());
    }
    if let Some(mailbox) = mail.from.mailbox() {
        known.push(' ');
        known.push_str(mailbox.address.as_str());
        known.push(' ');
        known.push_str(mailbox.name.as_deref().unwrap_or_default());
    }
    words(&folded(&known)).map(str::to_owned).collect()
}

/// The subject beyond its prefixes and tags; not that of a desk's e-mail that is passed on.
fn subject(mail: &Mail) -> Option<String> {
    let mut rest = mail.subject.trim();
    let folded = folded(rest);
    let is_answer = ["re", "aw", "rep", "sv"].iter().any(|prefix| {
        folded.strip_prefix(prefix).is_some_and(|rest| rest.trim_start().starts_with(':'))
    });
    if is_answer {
        return None;
    }
    let mut is_passed_on = false;
    while let Some((prefix, behind)) = rest.split_once(':')
        && matches!(prefix.trim().to_ascii_lowercase().as_str(), "fw" | "fwd" | "tr" | "wg")
    {
        rest = behind.trim_start();
        is_passed_on = true;
    }
    if is_passed_on && is_of_desk(mail.whole_text.lines()) {
        return None;
    }
    Some(rest.trim_matches(['-', ':', ' ', '–', '—']).to_owned())
}

/// The text without the greeting at its start, and without the closing and the name at its end.
fn without_courtesies(text: &str, mail: &Mail) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let said = |lines: &[&str]| lines.iter().filter(|line| !line.trim().is_empty()).count();
    let name = mail.from.mailbox().and_then(|mailbox| mailbox.name.as_deref()).map(folded);
    let closes = |line: &str| {
        courtesy::is_closing(line)
            || name.as_deref().is_some_and(|name| folded(line.trim()) == name)
    };
    let closing = lines.iter().position(|line| closes(line));
    if let Some(at) = closing.filter(|at| said(&lines[*at + 1..]) <= NAME_LINES) {
        lines.truncate(at);
    }
    let greeting = lines.iter().position(|line| !line.trim().is_empty());
    if let Some(at) = greeting.filter(|at| courtesy::is_greeting(lines[*at])) {
        lines.drain(..=at);
    }
    lines.join("\n").trim().to_owned()
}

/// Cut at a word, with an ellipsis.
fn shortened(text: &str) -> String {
    if text.chars().count() <= CHARACTERS {
        return text.to_owned();
    }
    let kept: String = text.chars().take(CHARACTERS - 1).collect();
    let at_word = kept.trim_end().rsplit_once(char::is_whitespace).map_or("", |(words, _)| words);
    let kept = if at_word.len() * 2 > kept.len() { at_word } else { &kept };
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::reading::read;

    fn why_with(subject: &str, text: &str) -> Option<String> {
        let raw =
            format!("From: Zoë Marchand <zoe@customer.example>\nSubject: {subject}\n\n{text}\n");
        let number = "INC-1001".parse().unwrap();
        let mail = read(raw.as_bytes(), "zoe@customer.example");
        justification(&mail, Some(&number)).map(String::from)
    }

    fn why(text: &str) -> Option<String> {
        why_with("INC-1001", text)
    }

    #[test]
    fn courtesies_are_no_reason() {
        for text in [
            "",
            "INC-1001",
            "Hello",
            "Hello,\n\nplease escalate incident INC-1001.\n\nThanks\nZoë",
            "Hi team, please escalate INC-1001. Many thanks in advance!",
            "Please escalate.",
            "Could you please escalate this ticket?",
            "I would like to escalate case INC-1001 to your management.",
            "This is urgent, please call me back asap",
            "Escalation",
            "FYI",
            "See below.",
            "Please see attached.",
            "Best regards,\nZoë Marchand\nHead of payments\nCustomer Ltd\n+33 1 23 45 67 89",
            "please escalate\n\nZoë Marchand",
            "Bonjour,\n\nmerci d'escalader l'incident INC-1001.\n\nCordialement,\nZoë Marchand\nDirectrice des paiements",
            "Bonjour, merci d’escalader le dossier INC-1001 svp",
            "Merci de bien vouloir escalader cette demande.",
            "Nous souhaitons escalader l'incident n° INC-1001 auprès de votre direction",
            "C'est urgent !",
            "Pour info",
            "Voir ci-dessous",
            "Bonsoir Madame, Monsieur,",
            "s'il vous plaît, escaladez",
            "INC-1001 ????????????????????",
        ] {
            assert_eq!(why(text), None, "{text}");
        }
    }

    #[test]
    fn reasons_are_kept_without_greeting_and_closing() {
        for (text, reason) in [
            ("All 212 shops are closed.", "All 212 shops are closed."),
            ("Payments down", "Payments down"),
            (
                "Please escalate INC-1001: we lose 90,000 EUR an hour.",
                "Please escalate INC-1001: we lose 90,000 EUR an hour.",
            ),
            (
                "Hello,\n\nall our shops are closed.\n\nBest regards,\nZoë Marchand\nHead of payments",
                "all our shops are closed.",
            ),
            (
                "Dear team,\nplease escalate.\n\nThe bank closes our account at noon.\nThanks!\nZoë",
                "please escalate.\n\nThe bank closes our account at noon.",
            ),
            ("Tous les magasins sont fermés.", "Tous les magasins sont fermés."),
            (
                "Bonjour,\n\nMerci d'escalader INC-1001 : plus aucun paiement depuis 8h.\n\nCordialement,\nZoë Marchand\nTél. : 01 23 45 67 89",
                "Merci d'escalader INC-1001 : plus aucun paiement depuis 8h.",
            ),
            (
                "Bonjour Madame,\nla production est arrêtée.\nCordialement",
                "la production est arrêtée.",
            ),
            ("Production à l'arrêt", "Production à l'arrêt"),
            ("Nobody has answered for six hours", "Nobody has answered for six hours"),
            ("Hi payments are down", "Hi payments are down"),
        ] {
            assert_eq!(why(text).as_deref(), Some(reason), "{text}");
        }
    }

    #[test]
    fn the_subject_may_be_the_reason_unless_it_is_of_another() {
        let because = "INC-1001 all our shops are closed";
        assert_eq!(why_with(because, "please escalate").as_deref(), Some(because));
        assert_eq!(
            why_with("TR: INC-1001 magasins fermés", "").as_deref(),
            Some("INC-1001 magasins fermés")
        );
        assert_eq!(why_with("Escalation of INC-1001, please", ""), None);
        assert_eq!(
            why_with("Re: [P1 INC-1001] escalation received · Payments fail", "please escalate"),
            None
        );
        assert_eq!(why_with("RE : magasins fermés", "merci"), None);
        let foot = "Begin forwarded message:\n\nFrom: Care\nDate: today\nSubject: x\nTo: Zoë\n\nReceived.\n\n-- \nCare · sent automatically by Escalation Desk";
        assert_eq!(why_with("Fwd: [P1 INC-1001] received · Payments fail", foot), None);
        assert_eq!(why_with("INC-1001 all our shops are closed", foot).as_deref(), Some(because));
    }

    #[test]
    fn a_long_reason_is_cut_at_a_word() {
        let long = why(&"All shops are closed. ".repeat(400)).unwrap();
        assert!(long.chars().count() <= CHARACTERS && long.ends_with('…'), "{long}");
        assert!(long.trim_end_matches('…').ends_with(|c: char| c.is_alphanumeric() || c == '.'));
        let unbroken = why(&format!("closed shops {}", "é".repeat(5000))).unwrap();
        assert_eq!(unbroken.chars().count(), CHARACTERS);
    }
}
