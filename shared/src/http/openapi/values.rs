//! Schemas of parsed strings: what they accept, as far as a schema can say it.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::email::EmailId;
use crate::inbound::MailId;
use crate::incident::values::{AccountId, Domain, EmailAddress, IncidentNumber, Line, Prose};
use crate::policy::Period;

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn built(object: ObjectBuilder) -> RefOr<Schema> {
    RefOr::T(Schema::Object(Object::from(object)))
}

impl PartialSchema for IncidentNumber {
    fn schema() -> RefOr<Schema> {
        let said = "The number by which customer care and the customer know an incident.";
        built(string().description(Some(said)).pattern(Some("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")))
    }
}

impl ToSchema for IncidentNumber {}

impl PartialSchema for AccountId {
    fn schema() -> RefOr<Schema> {
        let said = "A customer's account, as care's own systems name it.";
        built(string().description(Some(said)).pattern(Some("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")))
    }
}

impl ToSchema for AccountId {}

impl PartialSchema for Domain {
    fn schema() -> RefOr<Schema> {
        const LABEL: &str = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
        let said = "A domain from which mail comes.";
        let pattern = format!(r"^{LABEL}(\.{LABEL})+$");
        let text = string().description(Some(said)).pattern(Some(pattern));
        built(text.max_length(Some(250)))
    }
}

impl ToSchema for Domain {}

impl PartialSchema for Period {
    fn schema() -> RefOr<Schema> {
        let said = "A duration as people write it.";
        built(string().description(Some(said)).examples(["90s", "15m", "1h 30m", "2d"]))
    }
}

impl ToSchema for Period {}

impl PartialSchema for EmailAddress {
    fn schema() -> RefOr<Schema> {
        const WORD: &str = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
        const LABEL: &str = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
        let pattern = format!(r"^{WORD}(\.{WORD})*@{LABEL}(\.{LABEL})+$");
        let said = "An e-mail address: ASCII, no display name, no quoting.";
        let email = SchemaFormat::KnownFormat(KnownFormat::Email);
        let text = string().description(Some(said)).format(Some(email)).pattern(Some(pattern));
        built(text.max_length(Some(254)))
    }
}

impl ToSchema for EmailAddress {}

impl PartialSchema for MailId {
    fn schema() -> RefOr<Schema> {
        let said = "The id that SES gave a mail that came in.";
        let text = string().description(Some(said)).max_length(Some(128));
        built(text.pattern(Some("^[A-Za-z0-9][A-Za-z0-9._-]*$")))
    }
}

impl ToSchema for MailId {}

impl PartialSchema for EmailId {
    fn schema() -> RefOr<Schema> {
        let said = "The id of an e-mail: its thread (an incident's number, `_` and the id of a mail, or `_`), \
                    version, place in the change.";
        built(
            string()
                .description(Some(said))
                .pattern(Some("^(_?[A-Za-z0-9][A-Za-z0-9._-]*|_)-[0-9]+-[0-9]+$")),
        )
    }
}

impl ToSchema for EmailId {}

/// A string of at least `min` characters between its outermost characters that are not blank.
/// Surrounding blanks are cut off before the length counts, which only a pattern can say.
fn text(min: usize, max: usize, allowed: &str, solid: &str) -> ObjectBuilder {
    let within = match min {
        0 | 1 => format!("^{allowed}*{solid}{allowed}*$"),
        _ => format!("^{allowed}*{solid}{allowed}{{{},}}{solid}{allowed}*$", min - 2),
    };
    string().min_length(Some(min)).max_length(Some(max)).pattern(Some(within))
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Line<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069";
        const BLANK: &str = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000";
        let (allowed, solid) = (format!("[^{CONTROL}]"), format!("[^{CONTROL}{BLANK}]"));
        let said = "One line without control or text-direction characters.";
        built(text(MIN, MAX, &allowed, &solid).description(Some(said)))
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Line<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Line{MIN}To{MAX}"))
    }
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Prose<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        const CONTROL: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f";
        const BLANK: &str = r" \t\n\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
        let (allowed, solid) = (format!("[^{CONTROL}]"), format!("[^{CONTROL}{BLANK}]"));
        let said = "Text without control characters other than line breaks and tabs.";
        built(text(MIN, MAX, &allowed, &solid).description(Some(said)))
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Prose<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Prose{MIN}To{MAX}"))
    }
}
