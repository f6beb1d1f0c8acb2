//! Words that people write around what they have to say: greetings, thanks, "please escalate".
//!
//! What says nothing besides is no reason to escalate, and what is only passed on with it is the
//! mail that is passed on.

use super::words::{folded, words};

/// Words that say nothing about an incident, in both languages, without accents.
#[rustfmt::skip]
const EMPTY: &[&str] = &[
    // Greetings, thanks and closings.
    "hello", "hi", "hey", "dear", "good", "morning", "afternoon", "evening", "day", "team", "all",
    "everyone", "everybody", "sir", "madam", "sirs", "mr", "mrs", "ms", "support", "desk",
    "helpdesk", "care", "customer", "service", "thanks", "thank", "thx", "many", "regards", "best",
    "kind", "kindest", "warm", "sincerely", "faithfully", "truly", "cheers", "wishes", "advance",
    "hope", "well", "bonjour", "bonsoir", "salut", "madame", "monsieur", "mesdames", "messieurs",
    "mme", "m", "equipe", "tous", "toutes", "cher", "chere", "chers", "client", "merci", "remercie",
    "remercions", "avance", "cordialement", "cdt", "cdlt", "bien", "bonne", "journee", "soiree",
    "reception", "amicalement", "sinceres", "salutations", "distinguees", "meilleures",
    "respectueusement", "agreer", "veuillez", "expression", "sentiments",
    // The request itself.
    "please", "pls", "plz", "kindly", "can", "could", "would", "will", "may", "want", "wish",
    "like", "need", "needs", "escalate", "escalated", "escalating", "escalation", "escalade",
    "escalader", "escaladez", "escaladee", "escale", "incident", "incidents", "case", "cases",
    "ticket", "tickets", "dossier", "dossiers", "demande", "demandons", "request", "requesting",
    "number", "numero", "no", "nr", "n", "ref", "reference", "raise", "priority", "priorite", "p1",
    "p2", "p3", "p4", "urgent", "urgently", "urgence", "urgente", "asap", "immediately",
    "immediatement", "rapidement", "vite", "quickly", "soon", "possible", "plus", "tot",
    "management", "manager", "direction", "souhaite", "souhaitons", "souhaiterais", "souhaiterions",
    "voudrais", "voudrions", "voulons", "svp", "stp", "vouloir", "bien", "faire", "call",
    "callback", "rappeler", "rappelez", "appeler", "contact", "contacter", "contactez", "answer",
    "reply", "reponse", "repondre", "attention",
    // What points elsewhere.
    "fyi", "see", "below", "above", "attached", "attachment", "information", "info", "pour", "voir",
    "dessous", "dessus", "ci", "cf", "piece", "jointe", "jointes", "pj", "joint", "suivi", "suite",
    "forward", "forwarding", "transfere", "transmets", "mail", "email", "message",
    // Small words.
    "a", "an", "the", "this", "that", "it", "its", "is", "are", "be", "to", "of", "for", "from",
    "in", "on", "and", "or", "as", "at", "by", "with", "i", "me", "my", "we", "us", "our", "you",
    "your",
];
/// Small words of French.
const SMALL: &[&str] = &[
    "le", "la", "les", "l", "un", "une", "des", "de", "du", "d", "au", "aux", "et", "ou", "en",
    "y", "ce", "cet", "cette", "ces", "c", "est", "sont", "je", "j", "me", "moi", "mon", "ma",
    "mes", "nous", "notre", "nos", "vous", "votre", "vos", "il", "elle", "s", "si", "te", "plait",
    "qu", "que", "qui", "par", "sur", "avec", "dans", "se", "re",
];
/// What is left must have so many words, and so many letters in them.
const WORDS: usize = 2;
/// See [`WORDS`].
const LETTERS: usize = 8;

/// Whether a text says nothing but courtesies and `known` words (folded), such as its author's name.
pub(super) fn says_nothing(text: &str, known: &[String]) -> bool {
    let folded = folded(text);
    let telling = words(&folded).filter(|word| {
        word.chars().any(char::is_alphabetic)
            && word.chars().count() > 1
            && !EMPTY.contains(word)
            && !SMALL.contains(word)
            && !known.iter().any(|known| known == word)
    });
    let (mut count, mut letters) = (0, 0);
    for word in telling {
        count += 1;
        letters += word.chars().count();
        if count >= WORDS && letters >= LETTERS {
            return false;
        }
    }
    true
}

/// Closings after which only a name and what belongs to it comes.
#[rustfmt::skip]
const CLOSINGS: &[&str] = &[
    "regards", "best regards", "kind regards", "kindest regards", "warm regards", "many thanks",
    "thanks", "thank you", "thanks in advance", "thank you in advance", "best", "sincerely",
    "yours sincerely", "yours faithfully", "cheers", "cordialement", "bien cordialement",
    "tres cordialement", "merci", "merci d'avance", "merci par avance", "sinceres salutations",
    "bien a vous", "cdt", "cdlt",
];

/// Whether a line closes a mail.
pub(super) fn is_closing(line: &str) -> bool {
    let folded = folded(line);
    CLOSINGS.contains(&folded.trim().trim_end_matches([',', '.', '!', ' ']))
}

const GREETINGS: &[&str] = &[
    "hello",
    "hi",
    "hey",
    "dear",
    "good morning",
    "good afternoon",
    "good evening",
    "bonjour",
    "bonsoir",
    "madame",
    "monsieur",
    "salut",
    "cher",
    "chere",
];

/// Whether a line greets and says no more.
pub(super) fn is_greeting(line: &str) -> bool {
    let folded = folded(line.trim());
    let greets = GREETINGS
        .iter()
        .filter_map(|greeting| folded.strip_prefix(greeting))
        .any(|rest| !rest.starts_with(char::is_alphanumeric));
    let most = if folded.ends_with([',', '!', '.', ':']) { 6 } else { 2 };
    greets && words(&folded).count() <= most
}
