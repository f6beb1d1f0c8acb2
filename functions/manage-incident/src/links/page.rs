//! A page behind a link: small, without scripts, and answered with headers that let nobody frame it,
//! keep it, index it, or learn its address from it.

use std::sync::LazyLock;

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../templates/page.css");

/// Nothing but the page's own style, and forms that lead back here.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
});

/// What a page says, from top to bottom.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub lang: &'static str,
    pub words: Words,
    /// Who writes: the desk's name.
    pub by: String,
    pub tone: Tone,
    pub headline: String,
    pub about: Option<String>,
    pub paragraphs: Vec<String>,
    pub deadlines: Vec<Fact>,
    pub quote: Option<Fact>,
    pub facts: Vec<Fact>,
    pub form: Option<Form>,
    pub story: Vec<Told>,
    pub way: Option<Way>,
}

/// The words that are the same on all pages of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub wrong_title: &'static str,
    pub wrong: &'static str,
    pub story: &'static str,
    pub foot: &'static str,
}

/// The colour of a page.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tone {
    /// A person must act.
    Alarm,
    /// Good to know.
    Plain,
    /// It is taken care of.
    Good,
}

/// A value under its label.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub label: String,
    pub value: String,
}

/// What a person types, and the button that sends it here.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub fields: Vec<Field>,
    pub button: &'static str,
}

/// One field of a form.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub long: bool,
    pub longest: usize,
    /// What was typed before, when something was wrong; empty at first.
    pub typed: String,
    pub wrong: Option<&'static str>,
}

/// One line of a story.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub at: Timestamp,
    pub when: String,
    pub line: String,
}

/// A way to go on.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub title: &'static str,
    pub text: String,
    pub label: &'static str,
    /// Relative to the page: the token of another link.
    pub href: String,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Html<'a> {
    page: &'a Page,
    style: &'static str,
}

impl Page {
    pub fn new(lang: &'static str, words: Words, tone: Tone, headline: impl Into<String>) -> Self {
        Self {
            lang,
            words,
            by: String::new(),
            tone,
            headline: headline.into(),
            about: None,
            paragraphs: Vec::new(),
            deadlines: Vec::new(),
            quote: None,
            facts: Vec::new(),
            form: None,
            story: Vec::new(),
            way: None,
        }
    }

    pub fn about(mut self, about: Option<String>) -> Self {
        self.about = about;
        self
    }

    pub fn say(mut self, paragraph: impl Into<String>) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    pub fn deadline(mut self, label: impl Into<String>, value: String) -> Self {
        self.deadlines.push(Fact { label: label.into(), value });
        self
    }

    pub fn quote(mut self, title: impl Into<String>, text: impl Into<String>) -> Self {
        self.quote = Some(Fact { label: title.into(), value: text.into() });
        self
    }

    pub fn fact(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push(Fact { label: label.into(), value: value.into() });
        self
    }

    pub fn form(mut self, fields: Vec<Field>, button: &'static str) -> Self {
        self.form = Some(Form { fields, button });
        self
    }

    /// The answer.
    pub fn answer(&self, status: StatusCode) -> Response {
        const HEADERS: [(HeaderName, &str); 5] = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (HeaderName::from_static("x-robots-tag"), "noindex"),
        ];
        // These are our own types: there is nothing in them that could fail.
        let html = Html { page: self, style: STYLE }.render().unwrap_or_default();
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(policy) = HeaderValue::from_str(&POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Plain => "plain",
            Self::Good => "good",
        }
    }
}

impl Form {
    /// Every wrong field.
    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        self.fields.iter().filter_map(|field| Some((field.name, field.wrong?))).collect()
    }
}

impl Field {
    fn described_by(&self) -> String {
        let wrong =
            if self.wrong.is_some() { format!(" {}-wrong", self.name) } else { String::new() };
        format!("{}-hint{wrong}", self.name)
    }
}
