//! What the words around a token make of it.

use super::pattern::{Found, NumberPattern, prefix};
use super::tokens::Token;
use crate::inbound::words::folded;

/// How much a token weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// A word says that it is a number.
    Named,
    /// It looks like one.
    Alone,
    /// It is something else.
    None,
}

/// How far back words are looked for, in characters.
const BEFORE: usize = 60;
/// Words before a token that are looked at.
const WORDS: usize = 4;

/// An incident by its name.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "case", "cases", "incident", "incidents", "ticket", "tickets", "dossier", "dossiers", "demande",
    "demandes", "request", "requests", "escalation", "escalade", "sr", "cas", "casenumber",
    "caseid", "ticketid", "incidentid", "escalate", "escalader", "escaladez", "escalating",
    "signalement", "reclamation", "complaint", "claim", "issue", "sinistre", "intervention",
];
/// A number by its name.
#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "no", "n", "nr", "num", "number", "numbers", "numero", "numeros", "ref", "reference",
    "references", "refs", "id", "nos", "identifiant", "#",
];
/// What may stand between such a word and its number.
#[rustfmt::skip]
const FILLERS: &[&str] = &[
    "is", "est", "le", "the", "was", "with", "avec", "sous", "under", "p1", "p2", "p3", "p4",
    "suivant", "following", "our", "votre", "s",
];
/// What has numbers of its own.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "order", "orders", "commande", "commandes", "cde", "invoice", "invoices", "facture", "factures",
    "quote", "devis", "contract", "contrat", "account", "compte", "phone", "telephone", "tel",
    "fax", "mobile", "portable", "gsm", "siret", "siren", "vat", "tva", "iban", "bic", "serial",
    "serie", "version", "release", "build", "page", "room", "salle", "bureau", "article", "error",
    "erreur", "code", "port", "line", "ligne", "pr", "pull", "step", "etape", "question", "option",
    "chapter", "chapitre", "figure", "item", "lot", "batch", "shop", "magasin", "store", "boutique",
    "terminal", "po", "colis", "parcel", "shipment", "livraison", "delivery", "tracking", "suivi",
    "payment", "paiement", "virement", "transaction", "client", "customer", "part", "sku", "model",
    "modele", "rue", "street", "avenue", "bp", "cs", "cedex", "ext", "poste", "extension", "pin",
    "badge", "immatriculation", "abonnement", "conteneur", "container", "vol", "flight", "train",
    "camion", "truck", "imprimante", "printer", "printers", "vehicule", "vehicle",
];
/// Words behind digits that are counted, and no number.
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "eur", "euro", "euros", "usd", "gbp", "chf", "dollars", "dollar", "pounds", "cents", "k", "m",
    "ke", "users", "user", "utilisateurs", "clients", "customers", "personnes", "people", "shops",
    "stores", "magasins", "boutiques", "heures", "hours", "h", "min", "minutes", "seconds",
    "secondes", "ms", "days", "jours", "times", "fois", "km", "kg", "mb", "gb", "go", "mo", "ht",
    "ttc",
];
/// Prefixes that are of something else when nothing says that it is an incident.
const PREFIXES: &[&str] = &[
    "ISO", "IEC", "IEEE", "RFC", "SHA", "UTF", "COVID", "SARS", "CVE", "AES", "RSA", "MD", "EN",
    "NF", "DIN", "ORA", "HTTP", "HTTPS", "KB", "MS", "EUR", "USD", "GBP", "CHF", "PO", "SKU",
    "IBAN", "VAT", "TVA", "UTC", "GMT", "CET", "CEST", "TEL", "FAX", "BP", "CS", "FR", "DE", "BE",
    "LU", "CH", "GB", "UK", "US", "IT", "ES", "NL", "INV", "FACT", "FA", "CMD", "TLS", "SSL",
    "WPA", "USB", "GPT", "WIN", "WINDOWS", "IP", "TCP", "UDP", "LTE", "MP", "JPEG", "IPV", "VPN",
    "PCI", "BASE", "TOP", "TIER", "DAY", "PHASE", "LEVEL", "MID", "PRE", "POST", "FY", "SQL", "HP",
    "CPU", "GPU", "RAM", "SSD", "HDD", "PC", "NVME", "ARM", "PHP", "API",
];

/// How much a token weighs where it stands.
pub(super) fn weight(
    text: &str,
    token: &Token<'_>,
    found: &Found,
    pattern: &NumberPattern,
) -> Weight {
    let before = before(text, token.start);
    let after = &text[token.start + found.length..];
    let number = found.number.as_str();
    let is_digits = number.bytes().all(|b| b.is_ascii_digit());
    if is_joined(before, after, is_digits || found.is_parted) {
        return Weight::None;
    }
    let named = named(before);
    let is_spelled_out = pattern.spells_out(&found.number);
    let means_other = || {
        let prefix = prefix(&found.number);
        !is_spelled_out && PREFIXES.iter().any(|known| known.eq_ignore_ascii_case(prefix))
    };
    match named {
        Named::Other => Weight::None,
        Named::Number if !is_digits && means_other() => Weight::None,
        Named::Incident | Named::Number if is_digits && is_counted(after) => Weight::None,
        // "Incident 2026" is a year's; "in case 1000 …" is no case's.
        Named::Incident if is_digits && is_year(number) && !before.ends_with(['#', '(', '[']) => {
            Weight::None
        }
        Named::Condition if is_digits && number.len() < 6 => Weight::None,
        Named::Incident | Named::Number | Named::Condition => Weight::Named,
        Named::Nothing if is_digits || means_other() => Weight::None,
        // Raised to capitals, "top-10" looks like one; "inc-1001" does too.
        Named::Nothing if found.is_raised && !is_spelled_out && !is_long(number) => Weight::None,
        Named::Nothing if is_tagged(before, after) => Weight::Named,
        Named::Nothing => Weight::Alone,
    }
}

/// The last characters before a place.
fn before(text: &str, start: usize) -> &str {
    let before = &text[..start];
    let from = before.char_indices().rev().take(BEFORE).last().map_or(start, |(at, _)| at);
    &before[from..]
}

/// Whether it is a piece of something longer: a price, a date, a phone number, a time, a path.
fn is_joined(before: &str, after: &str, is_digits: bool) -> bool {
    let mut back = before.chars().rev();
    let (last, second) = (back.next(), back.next());
    let mut front = after.chars();
    let (first, next) = (front.next(), front.next());
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let is_money = |c: Option<char>| matches!(c, Some('$' | '€' | '£' | '¥' | '%'));
    if is_money(last) || matches!(last, Some('+' | '@' | '&' | '\\')) {
        return true;
    }
    if matches!(last, Some('/')) && (is_digits || second.is_some_and(|c| c.is_ascii_digit())) {
        return true;
    }
    if !is_digits {
        return matches!(first, Some('@'));
    }
    let spaced = after.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    is_money(first)
        || is_money(spaced.chars().next())
        || (matches!(first, Some(',' | '.' | ':' | '/' | '\'')) && is_digit(next))
        || (matches!(last, Some(',' | ':' | '.' | '\'')) && is_digit(second))
        || is_grouped(after)
}

/// Whether another group of digits follows, as in phone numbers: "0033 1 23 45 67 89".
fn is_grouped(after: &str) -> bool {
    let Some(group) = after.strip_prefix([' ', '.']) else { return false };
    let digits = group.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&digits) && group[digits..].chars().next().is_none_or(char::is_whitespace)
}

/// What the words before a token say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Incident,
    Number,
    /// "In case 1000 shops close".
    Condition,
    Other,
    Nothing,
}

fn named(before: &str) -> Named {
    let folded = folded(before);
    let mut rest = folded.as_str();
    let mut is_number = false;
    for _ in 0..WORDS {
        let bare = rest.trim_end_matches(is_separator);
        let between = &rest[bare.len()..];
        is_number |= between.contains('#');
        let start = bare.rfind(|c: char| !c.is_alphanumeric());
        let start = start.map_or(0, |at| at + bare[at..].chars().next().map_or(1, char::len_utf8));
        let word = &bare[start..];
        rest = &bare[..start];
        if NUMBERS.contains(&word) {
            is_number = true;
        } else if word.is_empty() || between.contains('.') {
            // "No." is short for a word; any other ends a sentence.
            break;
        } else if NAMES.contains(&word) {
            let is_condition = !is_number && is_condition(word, rest);
            return if is_condition { Named::Condition } else { Named::Incident };
        } else if OTHERS.contains(&word) {
            return Named::Other;
        } else if !FILLERS.contains(&word) {
            break;
        }
    }
    if is_number { Named::Number } else { Named::Nothing }
}

/// What may stand between a word and its number.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ':' | '='
                | '('
                | ')'
                | '['
                | '{'
                | '"'
                | '\''
                | '«'
                | '*'
                | '-'
                | '_'
                | '|'
                | '.'
                | '°'
                | 'º'
                | '#'
                | '>'
        )
}

/// "In case", "in this case", "au cas": no incident.
fn is_condition(word: &str, before: &str) -> bool {
    let last = before.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    matches!(word, "case" | "cas" | "cases")
        && matches!(
            last,
            "in" | "any"
                | "that"
                | "this"
                | "each"
                | "every"
                | "en"
                | "au"
                | "ce"
                | "dans"
                | "tout"
                | "which"
                | "worst"
                | "best"
        )
}

/// Whether what follows says that the digits count something.
fn is_counted(after: &str) -> bool {
    let folded = folded(after.get(..24).unwrap_or(after));
    let word =
        folded.trim_start_matches([' ', '\u{a0}']).split(|c: char| !c.is_alphanumeric()).next();
    after.starts_with([' ', '\u{a0}', '\u{202f}']) && word.is_some_and(|word| UNITS.contains(&word))
}

fn is_year(number: &str) -> bool {
    number.len() == 4 && (number.starts_with("19") || number.starts_with("20"))
}

fn is_long(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let tail = number.rsplit('-').next().unwrap_or(number);
    digits >= 3 && !is_year(tail)
}

/// Whether it stands in brackets of its own, as ticket systems write it, and this desk does:
/// `[P1 INC-1001]`.
fn is_tagged(before: &str, after: &str) -> bool {
    let priority = ["P1 ", "P2 ", "P3 ", "P4 "];
    let before =
        priority.iter().find_map(|priority| before.strip_suffix(priority)).unwrap_or(before);
    before.ends_with('[') && after.starts_with(']')
}
