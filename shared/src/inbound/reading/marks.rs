//! The lines by which mail clients mark what is not the author's: who wrote what follows, where a
//! forwarded mail begins, what a header block is, and what phones put under every mail.
//!
//! English and French as Outlook, Gmail, Apple Mail, Thunderbird, Yahoo, Proton, Zimbra and phones
//! write them, and the attribution of their neighbours.

use crate::email::FEET;
use crate::inbound::words::folded;

/// A line longer than this marks nothing.
const LONG: usize = 400;
/// An attribution is wrapped over this many lines at most.
const WRAPPED: usize = 4;
/// A header block is found within so many lines: those of a long To are among them.
const BLOCK: usize = 14;

/// What a line or a few of them mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// "On … wrote:", so many lines of it.
    Attribution(usize),
    /// From here on all is the mail that is answered.
    Original,
    /// From here on all is a mail that is passed on.
    Forwarded,
}

const WROTE: &[&str] = &[
    "wrote:",
    "wrote :",
    "a ecrit:",
    "a ecrit :",
    "ecrivait :",
    "schrieb:",
    "escribio:",
    "ha scritto:",
    "schreef:",
];
#[rustfmt::skip]
const ORIGINAL: &[&str] = &[
    "original message", "message d'origine", "message original", "message initial",
    "message precedent", "mail original", "mail d'origine", "courriel original",
    "courriel d'origine", "e-mail d'origine", "original email", "original e-mail", "original mail",
    "reply message", "ursprungliche nachricht", "original appointment",
];
const FORWARDED: &[&str] = &[
    "forwarded message",
    "forwarded mail",
    "begin forwarded message",
    "message transfere",
    "debut du message transfere",
    "message reexpedie",
    "debut du message reexpedie",
    "courriel transfere",
    "mail transfere",
    "e-mail transfere",
    "message suivi",
    "weitergeleitete nachricht",
    "mensaje reenviado",
];

/// What starts at this line. `is_quote` says whether a line, by its number, is one with `>`.
pub(super) fn mark(lines: &[&str], at: usize, is_quote: &dyn Fn(usize) -> bool) -> Option<Mark> {
    let line = lines.get(at)?.trim();
    if line.is_empty() || line.len() > LONG {
        return None;
    }
    if let Some(mark) = separator(line) {
        return Some(mark);
    }
    if is_header_block(&lines[at..]) {
        return Some(Mark::Original);
    }
    attribution(lines, at, is_quote).map(Mark::Attribution)
}

/// "-----Original Message-----" and its like.
fn separator(line: &str) -> Option<Mark> {
    let folded = folded(line);
    let bare = folded.trim_matches(['-', '_', '=', ' ', '*', '>']).trim_end_matches([' ', ':']);
    let is_marked =
        bare.len() + 2 <= folded.trim_end_matches(':').trim().len() || folded.ends_with(':');
    let mark = |known: &[&str], mark| known.contains(&bare).then_some(mark);
    let found = mark(FORWARDED, Mark::Forwarded).or_else(|| mark(ORIGINAL, Mark::Original));
    found.filter(|_| is_marked)
}

/// How many lines of "On … wrote:" start here. A date or an address must be in it, or a quote
/// follow: people write "he wrote:" themselves.
fn attribution(lines: &[&str], at: usize, is_quote: &dyn Fn(usize) -> bool) -> Option<usize> {
    let mut joined = String::new();
    for (count, line) in lines[at..].iter().take(WRAPPED).enumerate() {
        let line = line.trim();
        if line.is_empty() || is_quote(at + count) || joined.len() + line.len() > LONG {
            return None;
        }
        joined.push(' ');
        joined.push_str(&folded(line));
        let digits = joined.bytes().filter(u8::is_ascii_digit).count();
        let next = lines[at + count + 1..].iter().position(|line| !line.trim().is_empty());
        let is_followed = next.is_some_and(|next| is_quote(at + count + 1 + next));
        let is_dated = digits >= 3 || joined.contains('@');
        // "Am 24.11.2026 um 09:15 schrieb Ann:"
        let is_inverted = joined.ends_with(':') && joined.contains(" schrieb ");
        let says_wrote = is_inverted || WROTE.iter().any(|wrote| joined.ends_with(wrote));
        if says_wrote && (is_dated || is_followed) {
            return Some(count + 1);
        }
        // Gmail of old: "2026-11-24 9:15 GMT+01:00 Ann <ann@example.com>:".
        let is_old = joined.ends_with(">:") || joined.ends_with("> :");
        if is_old && digits >= 6 && joined.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
            return Some(count + 1);
        }
        let may_go_on = ["on ", "le ", "am ", "el ", "il ", "op "]
            .iter()
            .any(|first| joined.trim_start().starts_with(first))
            || joined.trim_start().starts_with(|c: char| c.is_ascii_digit());
        if !may_go_on {
            return None;
        }
    }
    None
}

/// What a line of a header block says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Label {
    From,
    Date,
    To,
    Subject,
    Other,
}

fn label(line: &str) -> Option<Label> {
    let folded = folded(line.trim().trim_start_matches(['*', '>', ' ']));
    let (name, _) = folded.split_once(':')?;
    Some(match name.trim().trim_matches('*').trim() {
        "from" | "de" | "von" | "expediteur" | "da" => Label::From,
        "sent" | "date" | "envoye" | "envoyee" | "envoye le" | "gesendet" | "datum"
        | "date d'envoi" => Label::Date,
        "to" | "a" | "an" | "pour" | "destinataire" | "destinataires" => Label::To,
        "subject" | "objet" | "sujet" | "betreff" => Label::Subject,
        "cc" | "cci" | "bcc" | "copie" | "copie a" | "reply-to" | "repondre a" | "importance"
        | "attachments" | "pieces jointes" | "priority" | "priorite" | "sensitivity"
        | "organization" => Label::Other,
        _ => return None,
    })
}

/// "From: Sent: To: Subject:", in one of its forms.
fn is_header_block(lines: &[&str]) -> bool {
    if lines.first().and_then(|line| label(line)) != Some(Label::From) {
        return false;
    }
    let block = lines.iter().take(BLOCK).filter_map(|line| label(line));
    let (mut dated, mut addressed, mut named) = (false, false, false);
    for label in block {
        dated |= label == Label::Date;
        addressed |= label == Label::To;
        named |= label == Label::Subject;
    }
    [dated, addressed, named].into_iter().filter(|has| *has).count() >= 2
}

/// How many lines at the start are a header block, blank lines before and behind it included.
pub(super) fn header_block(lines: &[&str]) -> usize {
    let is_blank = |line: &&str| line.trim().trim_start_matches(['>', ' ']).is_empty();
    let begun = lines.iter().take_while(|line| is_blank(line) || is_rule(line)).count();
    let mut end = begun;
    let mut labels = 0;
    for (at, line) in lines.iter().enumerate().skip(begun).take(BLOCK) {
        if label(line).is_some() {
            labels += 1;
            end = at + 1;
        } else if labels == 0 || (is_blank(line) && labels > 1 && !next_is_label(&lines[at..])) {
            break;
        } else if !is_blank(line) {
            // A long To is wrapped.
            let goes_on = lines[at..].iter().take(6).take_while(|line| !is_blank(line));
            if !goes_on.into_iter().any(|line| label(line).is_some()) && !line.contains('@') {
                break;
            }
            end = at + 1;
        }
    }
    end + lines[end..].iter().take_while(|line| is_blank(line)).count()
}

fn next_is_label(lines: &[&str]) -> bool {
    lines.iter().find(|line| !line.trim().is_empty()).is_some_and(|line| label(line).is_some())
}

/// A line that only divides.
pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 5 && line.chars().all(|c| matches!(c, '_' | '-' | '=' | '*' | '─' | '—'))
}

/// How phones and programs sign, without accents.
#[rustfmt::skip]
const DEVICES: &[&str] = &[
    "sent from my ", "sent from mail for ", "sent from outlook", "sent from yahoo",
    "sent from proton", "sent from samsung", "sent from gmail", "sent with proton", "sent via ",
    "sent using ", "get outlook for ", "envoye de mon ", "envoye depuis ", "envoye a partir d",
    "envoye avec ", "envoye de ", "envoye via ", "telecharger outlook pour ",
    "telechargez outlook pour ", "obtenir outlook pour ", "obtenez outlook pour ",
    "provenance : courrier", "von meinem iphone gesendet", "inviato da iphone",
];

/// "Sent from my iPhone" and its like.
pub(super) fn is_device(line: &str) -> bool {
    let folded = folded(line.trim().trim_matches(['<', '[', '*', '_', '-', ' ', '.']));
    // "Sent with [Proton Mail](https://…)".
    let folded = folded.replace(['[', ']'], "");
    let is_device = DEVICES.iter().any(|device| folded.starts_with(device));
    folded.chars().count() <= 120 && (is_device || is_advertisement(&folded))
}

const DOWNLOADS: &[&str] =
    &["get ", "download ", "telecharger ", "telechargez ", "obtenir ", "obtenez "];
const SYSTEMS: &[&str] = &["android", "ios", "iphone", "ipad", "mobile", "windows", "mac"];

/// "Get BlueMail for Android": a program by its name, of a word or two, and no more.
fn is_advertisement(folded: &str) -> bool {
    let offered = DOWNLOADS.iter().find_map(|download| folded.strip_prefix(download));
    let parts = offered
        .and_then(|offered| offered.split_once(" for ").or_else(|| offered.split_once(" pour ")));
    parts.is_some_and(|(program, system)| {
        let system = system.split(['<', '(']).next().unwrap_or_default().trim();
        SYSTEMS.contains(&system) && (1..=2).contains(&program.split_whitespace().count())
    })
}

/// Whether lines hold the foot of a desk's own e-mail, wrapped and quoted as they may be.
pub(in crate::inbound) fn is_of_desk<'a>(lines: impl IntoIterator<Item = &'a str>) -> bool {
    let words = lines.into_iter().flat_map(str::split_whitespace);
    let words = words.filter(|word| !word.bytes().all(|b| b == b'>'));
    let text = words.collect::<Vec<_>>().join(" ");
    FEET.iter().any(|foot| text.contains(foot))
}

#[rustfmt::skip]
const DISCLAIMERS: &[&str] = &[
    "this e-mail and any", "this email and any", "this e-mail is confidential",
    "this email is confidential", "this e-mail may contain", "this email may contain",
    "this e-mail message", "this message and any", "this message is intended",
    "this message may contain", "this message contains confidential", "this communication is",
    "confidentiality notice", "disclaimer", "legal notice", "the information contained in this",
    "the information in this e", "the contents of this e", "if you are not the intended",
    "if you have received this", "please consider the environment", "ce message et ",
    "ce message est ", "ce message (", "ce courriel ", "ce mail et ", "cet e-mail ",
    "avis de confidentialite", "les informations contenues dans ce", "pensez a l'environnement",
];
const INTENDED: &[&str] = &[
    "confidential",
    "confidentiel",
    "intended",
    "destine",
    "destinataire",
    "environment",
    "environnement",
    "privileged",
    "liability",
    "imprimer",
];

/// Whether a paragraph is what lawyers put under a mail.
pub(super) fn is_disclaimer(paragraph: &str) -> bool {
    let folded = folded(paragraph.trim_start_matches(['*', '_', ' ', '[', '-', '\n']));
    (DISCLAIMERS.iter().any(|begins| folded.starts_with(begins))
        && INTENDED.iter().any(|word| folded.contains(word)))
        || folded.starts_with("n'imprimez ce ")
        || folded.starts_with("avant d'imprimer")
}

const BANNERS: &[&str] = &[
    "caution: this email originated",
    "caution: external",
    "external email",
    "[external]",
    "[externe]",
    "external sender",
    "this email originated from outside",
    "attention : ce message provient",
    "attention: ce message provient",
    "attention : cet e-mail provient",
    "##- please type your reply above",
    "##- veuillez saisir votre reponse au-dessus",
];

/// Whether a gateway or a ticket system has put the line above the mail.
pub(super) fn is_banner(line: &str) -> bool {
    let folded = folded(line.trim_start_matches(['*', '_', ' ', '>']));
    BANNERS.iter().any(|banner| folded.starts_with(banner))
}
