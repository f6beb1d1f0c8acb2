//! The pages behind signed links, for people without a login.
//!
//! A GET or HEAD shows a page and changes nothing, for mail scanners follow links; a POST acts only
//! with what a person typed, for they press buttons too. A link is believed when its signature is
//! right, and acts only on its own incident and escalation. No token may get into a log or a page of
//! somebody else.

mod act;
mod english;
mod french;
mod page;
mod said;
mod typed;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use shared::desk::Desk;
use shared::email::When;
use shared::incident::Incident;
use shared::incident::escalation::{Climb, Escalation};
use shared::incident::values::Language;
use shared::links::{Action, KeyRing, Link, LinkRefused};
use shared::store::{Store, StoreError};

use said::{Over, Said};
use typed::{Typed, Unreadable};

/// Seconds after which a link that met an unavailable desk should be followed again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");

/// The routes of links. Nobody needs to be authenticated here: the link itself says who may.
pub fn router<S: Store>(desk: Desk<S>, keys: KeyRing) -> Router {
    let methods = get(show::<S>).post(act::<S>).fallback(no_method::<S>);
    Router::new().route("/links/{token}", methods).with_state(Pages { desk, keys })
}

#[derive(Clone)]
struct Pages<S> {
    desk: Desk<S>,
    keys: KeyRing,
}

type Token = Result<Path<String>, PathRejection>;

async fn show<S: Store>(State(pages): State<Pages<S>>, token: Token) -> Response {
    match pages.link(token).await {
        Ok(link) => pages.page(&link, &Typed::default()).await,
        Err(refused) => refused,
    }
}

async fn act<S: Store>(
    State(pages): State<Pages<S>>,
    token: Token,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let link = match pages.link(token).await {
        Ok(link) => link,
        Err(refused) => return refused,
    };
    if link.action == Action::View {
        return pages.say(&Said::NoMethod, link.language);
    }
    match Typed::read(&headers, body, link.action == Action::Escalate).await {
        Ok(typed) => pages.carry_out(&link, typed).await,
        Err(Unreadable::TooLong) => pages.say(&Said::TooLong, link.language),
        Err(Unreadable::NoForm(status)) => pages.say(&Said::NoForm(status), link.language),
    }
}

async fn no_method<S: Store>(State(pages): State<Pages<S>>) -> Response {
    pages.say(&Said::NoMethod, pages.desk.policy.desk.default_language)
}

impl<S: Store> Pages<S> {
    /// The link, if it is right. Before its signature is, not even its language is believed.
    async fn link(&self, token: Token) -> Result<Link, Response> {
        let language = self.desk.policy.desk.default_language;
        let Ok(Path(token)) = token else { return Err(self.say(&Said::NoLink, language)) };
        match self.keys.verify(&token, self.desk.clock.now()).await {
            Ok(Ok(link)) => Ok(link),
            Ok(Err(refused)) => {
                tracing::info!(why = %refused, "a link is refused");
                Err(match refused {
                    LinkRefused::Expired(link) => self.say(&Said::Expired, link.language),
                    LinkRefused::Forged | LinkRefused::UnknownKey => {
                        self.say(&Said::NoLink, language)
                    }
                })
            }
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, source, "a link cannot be checked");
                Err(self.say(&Said::Unavailable, language))
            }
        }
    }

    /// The page of a link as things stand, with what was typed before.
    async fn page(&self, link: &Link, typed: &Typed) -> Response {
        if link.action == Action::View {
            return self.view(link).await;
        }
        match self.desk.store.load(&link.incident).await {
            Ok(Some(incident)) => self.page_of(link, &incident, typed),
            Ok(None) => self.say(&Said::NoIncident, link.language),
            Err(error) => self.failed(&error, link.language),
        }
    }

    fn page_of(&self, link: &Link, incident: &Incident, typed: &Typed) -> Response {
        let said = match link.action {
            Action::Acknowledge { escalation } => match standing(incident, escalation) {
                Err(over) => Said::Over(over),
                Ok(escalation) => taken(incident, escalation, false).unwrap_or_else(|| {
                    let names = escalation.told.iter().filter_map(|id| self.desk.policy.team(id));
                    let teams = names.map(|team| team.name.clone()).collect();
                    Said::Acknowledge { incident, escalation, teams, typed }
                }),
            },
            Action::Resume { escalation } => match standing(incident, escalation) {
                Err(over) => Said::Over(over),
                Ok(escalation) => match &escalation.climb {
                    Climb::Acknowledged { by, at, until, .. } => {
                        Said::Resume { incident, by, at: *at, until: *until, typed }
                    }
                    _ => Said::NobodyHasIt { incident, escalation, now: false },
                },
            },
            Action::Escalate => Said::Escalate { incident, typed },
            Action::View => Said::NoMethod,
        };
        self.say(&said, link.language)
    }

    /// The customer's page, with a link to the form by which the same customer escalates. What was
    /// said to the customer is for the incident's own: whoever knows a number can escalate it, and
    /// has a link as well.
    async fn view(&self, link: &Link) -> Response {
        let story = match self.desk.store.story(&link.incident).await {
            Ok(Some(story)) => story,
            Ok(None) => return self.say(&Said::NoIncident, link.language),
            Err(error) => return self.failed(&error, link.language),
        };
        let Ok(keys) = self.keys.keys(self.desk.clock.now()).await else {
            return self.say(&Said::Unavailable, link.language);
        };
        let escalate = keys.sign(&Link { action: Action::Escalate, ..link.clone() });
        let incident = &story.incident;
        let is_its_own = incident.customer.email.is_same(&link.recipient);
        let timeline = if is_its_own { story.timeline.as_slice() } else { &[] };
        self.say(&Said::View { incident, timeline, escalate }, link.language)
    }

    fn failed(&self, error: &StoreError, language: Language) -> Response {
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(%error, source, "a link cannot be answered");
        let said = match error {
            StoreError::Corrupt(_) | StoreError::Newer(_) => Said::Broken,
            StoreError::Conflict | StoreError::Unavailable(_) => Said::Unavailable,
        };
        self.say(&said, language)
    }

    fn say(&self, said: &Said<'_>, language: Language) -> Response {
        let policy = &self.desk.policy.desk;
        let written_at = self.desk.clock.now();
        let when = When { zone: &policy.time_zone, language, written_at };
        let mut page = match language {
            Language::En => english::page(said, &when),
            Language::Fr => french::page(said, &when),
        };
        page.by = policy.name.to_string();
        let mut response = page.answer(said.status());
        match said {
            Said::NoMethod => response.headers_mut().insert(header::ALLOW, METHODS),
            Said::Unavailable => response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER),
            Said::TooMany { until } => {
                let left = until.duration_since(written_at).as_millis();
                // Whole seconds, and never one that is too early.
                let seconds = i64::try_from(left).unwrap_or(i64::MAX).saturating_add(999) / 1000;
                let seconds = HeaderValue::from(seconds.max(1));
                response.headers_mut().insert(header::RETRY_AFTER, seconds)
            }
            _ => None,
        };
        response
    }
}

/// The escalation of a link while it runs; a link never reaches another one.
fn standing(incident: &Incident, sequence: u32) -> Result<&Escalation, Over<'_>> {
    match incident.running_escalation() {
        Some(escalation) if escalation.sequence == sequence => Ok(escalation),
        running => Err(Over { incident, anew: running.is_some() }),
    }
}

/// Who has it, if a person does; `now` says that it was this very request.
fn taken<'a>(incident: &'a Incident, escalation: &'a Escalation, now: bool) -> Option<Said<'a>> {
    match &escalation.climb {
        Climb::Acknowledged { by, at, until, .. } => {
            Some(Said::Acknowledged { incident, by, at: *at, until: *until, now })
        }
        _ => None,
    }
}
