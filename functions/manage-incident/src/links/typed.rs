//! What a person typed into a form: read by a library, checked here.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use shared::incident::values::{Justification, Line, Name};

/// The longest form that only asks for a name.
const SHORT: usize = 8 * 1024;
/// The longest justification, of letters that take twelve bytes each in a form, and a name.
const LONG: usize = 52 * 1024;

/// What was typed. Whatever a form does not ask for is left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    /// Who types.
    pub name: String,
    /// Why management should look at it now.
    pub business_justification: String,
    /// What was found wrong.
    #[serde(skip)]
    pub wrong: Wrong,
}

/// Which fields are wrong.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Wrong {
    pub name: bool,
    pub business_justification: bool,
}

/// Why there is no form to read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unreadable {
    TooLong,
    NoForm(StatusCode),
}

impl Typed {
    /// Reads a form; one that has a long field may be longer.
    pub async fn read(headers: &HeaderMap, body: Body, is_long: bool) -> Result<Self, Unreadable> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Unreadable::NoForm(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let limit = if is_long { LONG } else { SHORT };
        let bytes = to_bytes(body, limit).await.map_err(|_| Unreadable::TooLong)?;
        serde_urlencoded::from_bytes(&bytes)
            .map_err(|_| Unreadable::NoForm(StatusCode::BAD_REQUEST))
    }

    /// The name of a person, of two characters at least: what is pressed without typing has none.
    pub fn name(&mut self) -> Option<Name> {
        let name =
            self.name.parse::<Line<2, 200>>().ok().and_then(|name| name.as_str().parse().ok());
        self.wrong.name = name.is_none();
        name
    }

    /// The business justification.
    pub fn justification(&mut self) -> Option<Justification> {
        let justification = self.business_justification.parse().ok();
        self.wrong.business_justification = justification.is_none();
        justification
    }

    pub fn is_wrong(&self) -> bool {
        self.wrong.name || self.wrong.business_justification
    }
}
