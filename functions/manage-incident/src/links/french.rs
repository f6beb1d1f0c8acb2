//! Every page in French. What must not be parted from the word before it stands behind a
//! non-breaking space: `\u{a0}` before a colon, the narrow `\u{202f}` before `;`, `!` and `?`.

use axum::http::StatusCode;
use shared::email::When;
use shared::email::story::customer_line;
use shared::incident::clock::ClockName;
use shared::incident::escalation::{Cause, Climb};
use shared::incident::{Incident, Status};

use super::page::{Field, Page, Told, Tone, Way, Words};
use super::said::{Over, Said};
use super::typed::Typed;

const WORDS: Words = Words {
    wrong_title: "Erreur\u{a0}: ",
    wrong: "Rien n’a encore été fait. Veuillez corriger\u{a0}:",
    story: "Ce qui a été fait, du plus récent au plus ancien",
    foot: "Escalation Desk",
};

const TEAM_HINT: &str = "Tel que les autres vous connaissent, au moins 2 caractères.";
const CUSTOMER_HINT: &str = "Pour que nous sachions à qui répondre, au moins 2 caractères.";

pub(super) fn page(said: &Said<'_>, when: &When<'_>) -> Page {
    use Said as S;
    match said {
        S::NoLink => new(Tone::Plain, "Ce lien n’est pas valide")
            .say("Il a peut-être été coupé ou modifié en chemin. Ouvrez-le depuis l’e-mail lui-même, ou copiez l’adresse entière."),
        S::Expired => new(Tone::Plain, "Ce lien a expiré")
            .say("Utilisez le lien du dernier e-mail reçu au sujet de l’incident."),
        S::NoIncident => new(Tone::Plain, "Cet incident n’existe pas")
            .say("Le lien est correct, mais l’incident dont il s’agit ne se trouve pas ici."),
        S::Over(over) => gone(*over),
        S::Acknowledge { incident, escalation, teams, typed } => {
            let due = escalation.clock.due_at;
            let page = new(Tone::Alarm, format!("L’incident {} est escaladé\u{a0}: vous en chargez-vous\u{202f}?", incident.number))
                .about(summary(incident))
                .say("Prenez l’escalade en charge, pour que les autres sachent que vous vous en occupez. Les alertes s’arrêtent\u{202f}; les échéances promises au client ne changent pas.")
                .deadline(response_label(when, due), when.full(due));
            let page = match escalation.climb {
                Climb::Climbing { due_at } => page.deadline("Le niveau suivant est alerté le", when.full(due_at)),
                Climb::Exhausted { alarm_at } => page.deadline("Prochaine alarme le", when.full(alarm_at)),
                _ => page,
            };
            let page = match escalation.reason() {
                Cause::Customer { requester, business_justification } => page
                    .quote(format!("Justification métier ({requester})"), business_justification.as_str()),
                Cause::Reopening { by, times } => page.fact(
                    "Motif de l’escalade",
                    format!("il a été résolu {times} fois, puis rouvert, en dernier par {by}"),
                ),
                Cause::Deadline { clock, due_at } => page.fact(
                    "Motif de l’escalade",
                    format!("nous avions promis au client {} au plus tard le {}\u{202f}; rien ne lui est parvenu à temps", promised(*clock), when.full(*due_at)),
                ),
            };
            let told: Vec<_> = teams.iter().map(|name| name.as_str()).collect();
            facts(page, incident).fact("Équipes alertées", told.join(", ")).form(vec![name(typed, TEAM_HINT)], "Prendre en charge")
        }
        S::Acknowledged { incident, by, at, until, now } => {
            let page = if *now {
                new(Tone::Good, format!("Merci {by}\u{a0}: vous prenez en charge l’incident {}", incident.number))
                    .about(summary(incident))
                    .say("Toutes les personnes alertées en sont informées. Répondez maintenant au client\u{a0}: seule une réponse arrête l’horloge.")
            } else {
                new(Tone::Good, format!("{by} se charge de l’incident {}", incident.number))
                    .about(summary(incident))
                    .say(format!("{by} a pris l’escalade en charge, le {}. Vous n’avez rien à faire.", when.full(*at)))
            };
            let page = promise(page, incident, when);
            facts(page.deadline("Sans réponse, les alertes reprennent le", when.full(*until)), incident)
        }
        S::Resume { incident, by, at, until, typed } => {
            let page = new(Tone::Alarm, format!("{by} se charge de l’incident {}\u{a0}: y mettre fin\u{202f}?", incident.number))
                .about(summary(incident))
                .say(format!("{by} a pris l’escalade en charge, le {}.", when.full(*at)))
                .say("Si vous mettez fin à la prise en charge, plus personne ne s’en occupe\u{a0}: l’escalade reprend où elle en était, et toutes les personnes alertées apprennent que c’est vous.");
            let page = promise(page, incident, when)
                .deadline("La prise en charge prend fin d’elle-même le", when.full(*until));
            facts(page, incident).form(vec![name(typed, TEAM_HINT)], "Mettre fin à la prise en charge")
        }
        S::NobodyHasIt { incident, escalation, now } => {
            let page = if *now {
                new(Tone::Good, "La prise en charge a pris fin")
                    .about(summary(incident))
                    .say("Toutes les personnes alertées en sont informées. L’escalade se poursuit jusqu’à ce qu’une personne agisse.")
            } else {
                new(Tone::Plain, format!("Personne ne se charge de l’incident {} pour l’instant", incident.number))
                    .about(summary(incident))
                    .say("Il n’y a pas de prise en charge à laquelle mettre fin. Pour vous charger de l’escalade, utilisez le lien de la dernière alerte.")
            };
            let page = promise(page, incident, when);
            let page = match escalation.climb {
                Climb::Climbing { due_at } => page.deadline("Le niveau suivant est alerté le", when.full(due_at)),
                Climb::Exhausted { alarm_at } => page.deadline("Prochaine alarme le", when.full(alarm_at)),
                _ => page,
            };
            facts(page, incident)
        }
        S::View { incident, timeline, escalate } => view(incident, when, escalate, timeline.iter().filter_map(|entry| {
            let line = customer_line(&entry.event, when)?;
            Some(Told { at: entry.at, when: when.full(entry.at), line })
        }).rev().collect()),
        S::Escalate { incident, typed } => {
            let page = new(Tone::Alarm, format!("Escalader l’incident {}", incident.number)).about(summary(incident));
            let page = match (incident.running_escalation(), &incident.status) {
                (_, Status::Resolved { .. }) => page.say("L’incident est résolu. Si vous l’escaladez, il est rouvert et la direction du service client est alertée aussitôt."),
                (Some(_), _) => page.say("L’incident est déjà escaladé. Ce que vous écrivez y est ajouté, et toutes les personnes qui y travaillent en sont informées."),
                (None, _) => page.say("Plusieurs équipes, dont la direction du service client, sont alertées aussitôt et lisent ce que vous écrivez."),
            };
            let why = Field {
                name: "business_justification",
                label: "Justification métier",
                hint: "Pourquoi la direction doit s’en occuper maintenant\u{a0}: ce qui est à l’arrêt, qui est touché, ce que cela coûte. De 10 à 4\u{202f}000 caractères.",
                long: true,
                longest: 4000,
                typed: typed.business_justification.clone(),
                wrong: typed.wrong.business_justification.then_some("Écrivez une justification métier de 10 à 4\u{202f}000 caractères."),
            };
            promise(page, incident, when).form(vec![why, name(typed, CUSTOMER_HINT)], "Escalader")
        }
        S::Escalated { incident, justification } => {
            let page = new(Tone::Good, format!("L’incident {} est escaladé", incident.number))
                .about(summary(incident))
                .say("Merci de nous avoir prévenus. Les équipes sont alertées et disposent de votre justification métier\u{202f}; un e-mail vous le confirme.");
            promise(page, incident, when).quote("Votre justification métier", justification.as_str())
        }
        S::TooLong => new(Tone::Plain, "C’est trop long")
            .say("Rien n’a été fait. Revenez en arrière, raccourcissez votre texte et renvoyez-le."),
        S::NoForm(StatusCode::UNSUPPORTED_MEDIA_TYPE) => new(Tone::Plain, "Ce n’est pas le formulaire de cette page")
            .say("Rien n’a été fait. Ouvrez le lien de l’e-mail et utilisez son formulaire."),
        S::NoForm(_) => new(Tone::Plain, "Le formulaire n’est pas arrivé entier")
            .say("Rien n’a été fait. Ouvrez de nouveau le lien de l’e-mail et renvoyez son formulaire."),
        S::NoMethod => new(Tone::Plain, "Ce lien ne le permet pas")
            .say("Rien n’a été fait. Ouvrez le lien de l’e-mail dans un navigateur."),
        S::TooMany { until } => new(Tone::Plain, "Vous avez escaladé très souvent")
            .say(format!("Veuillez attendre jusqu’au {}, ou appelez le service client si cela ne peut pas attendre. Ce que vous avez escaladé auparavant n’est pas perdu.", when.full(*until))),
        S::Unavailable => new(Tone::Plain, "Nous ne pouvons pas répondre pour l’instant")
            .say("Rien n’est perdu. Veuillez réessayer dans quelques secondes."),
        S::Broken => new(Tone::Plain, "Quelque chose ne va pas de notre côté")
            .say("Les personnes qui s’occupent du système le voient. Appelez le service client si cela ne peut pas attendre."),
    }
}

fn new(tone: Tone, headline: impl Into<String>) -> Page {
    Page::new("fr", WORDS, tone, headline)
}

fn gone(Over { incident, anew }: Over<'_>) -> Page {
    let page = match (&incident.status, anew) {
        (Status::Resolved { by, .. }, _) => new(Tone::Good, format!("{by} a résolu l’incident {}", incident.number))
            .say("L’escalade est terminée. Vous n’avez rien à faire."),
        (Status::Open, true) => new(Tone::Plain, "Ce lien concerne une escalade précédente")
            .say("Cette escalade est terminée, et l’incident a été escaladé de nouveau depuis. Utilisez le lien de la dernière alerte."),
        (Status::Open, false) => new(Tone::Good, format!("L’escalade de l’incident {} est terminée", incident.number))
            .say("Le client a eu une réponse. Vous n’avez rien à faire."),
    };
    facts(page.about(summary(incident)), incident)
}

fn view(incident: &Incident, when: &When<'_>, escalate: &str, story: Vec<Told>) -> Page {
    let page = match &incident.status {
        Status::Open => new(Tone::Plain, format!("Votre incident {}", incident.number)),
        Status::Resolved { .. } => {
            new(Tone::Good, format!("Votre incident {} est résolu", incident.number))
        }
    };
    let state = match (&incident.status, incident.running_escalation()) {
        (Status::Resolved { at, .. }, _) => format!("résolu, le {}", when.full(*at)),
        (Status::Open, Some(_)) => "ouvert, escaladé à la direction du service client".to_owned(),
        (Status::Open, None) if incident.pause.is_some() => {
            "ouvert, en attente de votre part".to_owned()
        }
        (Status::Open, None) => "ouvert".to_owned(),
    };
    let page = promise(page.about(summary(incident)), incident, when);
    let page = match &incident.pause {
        Some(pause) => page
            .say(format!("{} a besoin de vous pour continuer. Veuillez écrire à la personne avec qui vous êtes en contact, ou l’appeler.", pause.by))
            .quote(format!("Ce dont {} a besoin", pause.by), pause.reason.as_str()),
        None => page,
    };
    let mut page = page
        .fact("État", state)
        .fact("Priorité", incident.priority.to_string())
        .fact("Ouvert le", when.full(incident.opened_at));
    page.story = story;
    page.way = Some(Way {
        title: "Si cela ne peut pas attendre",
        text: match (&incident.status, incident.running_escalation()) {
            (Status::Resolved { .. }, _) => "S’il n’est pas résolu pour vous, escaladez-le avec votre justification métier\u{a0}: il sera rouvert.".to_owned(),
            (_, Some(_)) => "Il est déjà escaladé. Si la situation s’aggrave, dites-nous ce qui a changé.".to_owned(),
            (_, None) => "Escaladez-le avec votre justification métier\u{a0}: pourquoi la direction doit s’en occuper maintenant.".to_owned(),
        },
        label: "Escalader cet incident",
        href: escalate.to_owned(),
    });
    page
}

/// The promise to the customer that runs now.
fn promise(page: Page, incident: &Incident, when: &When<'_>) -> Page {
    if !incident.is_open() {
        return page;
    }
    match incident.next_promise() {
        Some((clock, due_at)) if when.is_past(due_at) => {
            page.deadline(format!("{} en retard depuis le", label(clock)), when.full(due_at))
        }
        Some((clock, due_at)) => {
            page.deadline(format!("{} au plus tard le", label(clock)), when.full(due_at))
        }
        None => match &incident.pause {
            Some(pause) => page.deadline("Nous reprenons au plus tard le", when.full(pause.until)),
            None if incident.running_escalation().is_some() => page.deadline(
                "Notre promesse",
                "en retard\u{a0}: l’incident reste escaladé jusqu’à ce qu’une personne réponde"
                    .to_owned(),
            ),
            None => page.deadline(
                "Notre promesse",
                "en retard\u{a0}: les équipes sont relancées jusqu’à ce qu’une personne réponde"
                    .to_owned(),
            ),
        },
    }
}

fn label(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "Première réponse",
        ClockName::Update => "Prochain point d’avancement",
        ClockName::EscalationResponse => "Réponse à l’escalade",
    }
}

fn promised(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "une première réponse",
        ClockName::Update => "un point d’avancement",
        ClockName::EscalationResponse => "une réponse à l’escalade",
    }
}

fn response_label(when: &When<'_>, due: jiff::Timestamp) -> &'static str {
    if when.is_past(due) {
        "La réponse au client était attendue le"
    } else {
        "Réponse au client au plus tard le"
    }
}

fn summary(incident: &Incident) -> Option<String> {
    incident.summary.as_ref().map(ToString::to_string)
}

/// What people in care see of every incident.
fn facts(page: Page, incident: &Incident) -> Page {
    page.fact("Incident", format!("{} ({})", incident.number, incident.priority))
        .fact("Client", incident.customer.name.as_str())
}

fn name(typed: &Typed, hint: &'static str) -> Field {
    Field {
        name: "name",
        label: "Votre nom",
        hint,
        long: false,
        longest: 200,
        typed: typed.name.clone(),
        wrong: typed.wrong.name.then_some("Écrivez votre nom, de 2 à 200 caractères."),
    }
}
