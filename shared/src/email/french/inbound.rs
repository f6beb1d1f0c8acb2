//! About mail that came in, in French: to its sender, to the teams, to those who look after the
//! quarantine.

use super::team::respond;
use super::{due_label, name};
use crate::email::letter::{Letter, Tone};
use crate::email::list::List;
use crate::email::when::When;
use crate::email::{HeldMail, OutboxEmail, Promise};
use crate::inbound::{Missing, Quarantined};
use crate::incident::timeline::Role;
use crate::incident::values::{IncidentNumber, Message, Name};

pub(super) fn note_added(
    email: &OutboxEmail,
    when: &When<'_>,
    from: &Name,
    role: Role,
    message: &Message,
    promise: Option<Promise>,
) -> Letter {
    let number = &email.id.thread;
    let who = role_of(role);
    let letter = Letter::new(
        Tone::Plain,
        match promise {
            Some(promise) => format!(
                "note ({from}), {} avant {}",
                name(promise.clock),
                when.short(promise.due_at)
            ),
            None => format!("note ({from})"),
        },
        format!("{from} a écrit au sujet de l’incident {number}"),
    )
    .say(format!("{from}, {who}, a écrit ce qui suit. Le client ne le voit pas."));
    let letter = match promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => letter,
    };
    respond(letter.quote(format!("{from} écrit"), message.as_str()), email)
}

pub(super) fn role_of(role: Role) -> &'static str {
    match role {
        Role::Team => "du service client",
        Role::AccountManager => "responsable de compte",
        Role::Other => "inconnu de l’incident, mais qui en a reçu les e-mails",
    }
}

pub(super) fn request_incomplete(
    requester: &Name,
    missing: Missing,
    number: Option<&IncidentNumber>,
    message: Option<&Message>,
) -> Letter {
    let about = number.map(|number| format!(" de l’incident {number}")).unwrap_or_default();
    let (stake, lacks) = match missing {
        Missing::Number => ("il manque le numéro d’incident", "le numéro de l’incident"),
        Missing::Justification => {
            ("il manque la justification métier", "votre justification métier")
        }
        Missing::Both => (
            "il manque le numéro d’incident et la justification métier",
            "le numéro de l’incident et votre justification métier",
        ),
    };
    let things = if missing == Missing::Both { "deux précisions" } else { "une précision" };
    // No number stands here as an example: it would be quoted, and found in the answer.
    let mut letter = Letter::new(
        Tone::Warning,
        format!("pas encore escaladé, {stake}"),
        format!("Il nous manque {things} pour votre escalade{about}"),
    )
    .say(format!("Bonjour {requester},"))
    .say(format!(
        "Nous avons bien reçu votre e-mail et nous le conservons, mais il y manque {lacks}. Personne n’a encore \
         été alerté\u{a0}: dès que nous aurons ce qui manque, l’escalade démarrera d’elle-même."
    ));
    if missing != Missing::Justification {
        letter = letter.step(
            "Répondez à cet e-mail en indiquant le numéro de l’incident, tel qu’il figure dans les e-mails du service \
             client\u{a0}: une ligne avec le mot «\u{a0}incident\u{a0}» et le numéro suffit.",
        );
    }
    if missing != Missing::Number {
        letter = letter.step(
            "Répondez à cet e-mail avec votre justification métier\u{a0}: en une ou deux phrases, ce que l’incident \
             vous coûte, et pourquoi la direction doit s’en occuper maintenant.",
        );
    }
    letter = letter.step("Si vous ne pouvez pas attendre, appelez le service client.");
    let letter = match message {
        Some(message) => letter.quote("Ce que vous avez écrit jusqu’ici", message.as_str()),
        None => letter,
    };
    letter.fact("Client", requester.as_str())
}

pub(super) fn mail_held(
    when: &When<'_>,
    mails: &[HeldMail],
    more: usize,
    waiting: usize,
    reminder: bool,
) -> Letter {
    let new = mails.len() + more;
    let (stake, headline) = if reminder {
        (
            format!("{} toujours en quarantaine", counted(waiting)),
            format!("En attente de votre décision\u{a0}: {}", counted(waiting)),
        )
    } else {
        (
            format!("{} en quarantaine", counted(new)),
            if new == 1 {
                format!("Mis en quarantaine à son arrivée\u{a0}: {}", counted(new))
            } else {
                format!("Mis en quarantaine à leur arrivée\u{a0}: {}", counted(new))
            },
        )
    };
    let mut letter = Letter::new(Tone::Warning, stake, headline)
        .say("Rien n’a été fait de ce qui figure ci-dessous. Un client attend peut-être.");
    if more > 0 {
        let listed = mails.len();
        let wait = if more == 1 { "autre attend" } else { "autres attendent" };
        letter = letter.say(format!(
            "Seuls les {listed} plus anciens figurent ici\u{202f}; {more} {wait} aussi."
        ));
    }
    letter = letter.fact("En attente", counted(waiting));
    let look = if new == 1 { "Examinez-le, ainsi que" } else { "Examinez chacun d’eux, et" };
    letter
        .request(
            format!(
                "{look} son expéditeur. Libérez ce qu’un client a écrit\u{a0}: il est alors traité \
                 comme s’il était arrivé normalement."
            ),
            vec![
                "GET /v1/quarantine".to_owned(),
                "POST /v1/quarantine/ID/release".to_owned(),
                r#"{"by": "votre nom"}"#.to_owned(),
            ],
        )
        .request(
            if new == 1 { "Sinon, refusez-le." } else { "Refusez les autres." },
            vec!["POST /v1/quarantine/ID/refusal".to_owned(), r#"{"by": "votre nom"}"#.to_owned()],
        )
        .list(List::held(
            "En quarantaine, du plus ancien au plus récent".to_owned(),
            mails,
            when,
            because,
        ))
}

fn counted(mails: usize) -> String {
    if mails == 1 { "1 e-mail".to_owned() } else { format!("{mails} e-mails") }
}

fn because(because: Quarantined) -> &'static str {
    match because {
        Quarantined::From => "aucun auteur, ou plusieurs",
        Quarantined::Spam => "SES le tient pour indésirable",
        Quarantined::Virus => "SES y a trouvé un virus\u{a0}: n’ouvrez pas les pièces jointes",
        Quarantined::Unauthenticated => "rien ne prouve que cette adresse l’a envoyé",
        Quarantined::Stranger => "cette adresse est inconnue de l’incident cité",
        Quarantined::NoIncident => "l’incident concerné est incertain",
        Quarantined::Automatic => "une machine l’a écrit",
        Quarantined::Flood => "cette adresse envoie énormément d’e-mails",
        Quarantined::OverLimit => "cette adresse a escaladé trop souvent",
        Quarantined::Unanswered => "incomplet, et l’expéditeur n’a pas été relancé",
        Quarantined::Refused => "l’état de l’incident ne le permet pas",
        Quarantined::Unreadable => "aucun texte lisible",
        Quarantined::Incomplete => "incomplet\u{a0}: l’expéditeur a été relancé",
    }
}
