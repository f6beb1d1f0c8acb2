//! `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).
//!
//! An entity tag is the incident's version, `"3"`. Where an answer tells more than the version
//! covers, such as how far e-mails got, something follows it: `"3-5f1c22ab"`. A change asks only for
//! the version, so a caller may send either.

use axum::http::{HeaderMap, HeaderName, header};

use super::problem::ProblemField;

/// A condition on the entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// `*`: whatever there is.
    Any,
    /// One of these.
    Tags(Vec<Tag>),
}

/// One entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    is_weak: bool,
    /// With its quotes.
    quoted: String,
}

/// The `If-Match` of a request, if it has one.
///
/// # Errors
///
/// The header, when it is malformed.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Condition>, ProblemField> {
    condition(headers, header::IF_MATCH, "If-Match")
}

/// The `If-None-Match` of a request, if it has one.
///
/// # Errors
///
/// The header, when it is malformed.
pub(super) fn if_none_match(headers: &HeaderMap) -> Result<Option<Condition>, ProblemField> {
    condition(headers, header::IF_NONE_MATCH, "If-None-Match")
}

impl Condition {
    /// Whether a change may be made to this version; strong comparison, as `If-Match` wants it.
    pub(super) fn allows(&self, version: Option<u64>) -> bool {
        let Some(version) = version else { return false };
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|tag| !tag.is_weak && tag.is_of(version)),
        }
    }

    /// Whether the caller has this answer already; weak comparison, as `If-None-Match` wants it.
    pub(super) fn knows(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|tag| tag.quoted == etag),
        }
    }
}

impl Tag {
    fn is_of(&self, version: u64) -> bool {
        let opaque = self.quoted.trim_matches('"');
        let tagged = opaque.split_once('-').map_or(opaque, |(version, _)| version);
        tagged == version.to_string()
    }
}

fn condition(
    headers: &HeaderMap,
    name: HeaderName,
    shown: &'static str,
) -> Result<Option<Condition>, ProblemField> {
    let values = headers.get_all(name);
    if values.iter().next().is_none() {
        return Ok(None);
    }
    // Several lines of a list are one list.
    let lines = values.iter().map(|value| value.to_str().ok()).collect::<Option<Vec<_>>>();
    lines.and_then(|lines| parse(&lines.join(","))).map(Some).ok_or_else(|| {
        let detail = r#"must be `*`, or entity tags in quotes such as "3", separated by commas"#;
        ProblemField::header(shown, detail)
    })
}

fn parse(text: &str) -> Option<Condition> {
    if text.trim() == "*" {
        return Some(Condition::Any);
    }
    let mut tags = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |tag| (true, tag));
        let end = quoted.strip_prefix('"')?.find('"')? + 2;
        let (tag, behind) = quoted.split_at(end);
        if !tag.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        tags.push(Tag { is_weak, quoted: tag.to_owned() });
        let behind = behind.trim_start_matches([' ', '\t']);
        if !behind.is_empty() && !behind.starts_with(',') {
            return None;
        }
        rest = behind.trim_start_matches([' ', '\t', ',']);
    }
    Some(Condition::Tags(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_allowed_on_the_versions_that_are_named() {
        for (text, allowed) in [
            ("*", true),
            (r#""3""#, true),
            (r#""2", "3""#, true),
            (r#" , "2",,"3" ,"#, true),
            (r#""3-5f1c22ab""#, true),
            (r#"W/"3""#, false),
            (r#"W/"3", "3""#, true),
            (r#""2""#, false),
            (r#""33""#, false),
            (r#""03""#, false),
            (r#""-3""#, false),
            (r#""""#, false),
            // A list may be empty (RFC 9110, 5.6.1); no version is on it.
            ("", false),
            (" , ", false),
        ] {
            assert_eq!(parse(text).map(|c| c.allows(Some(3))), Some(allowed), "{text}");
        }
        assert!(!Condition::Any.allows(None), "there is nothing");
    }

    #[test]
    fn what_is_no_list_of_entity_tags_is_refused() {
        for text in ["3", "\"3", "3\"", "\"3\" \"4\"", "\"3\";", "w/\"3\"", "*, \"3\"", "\"a b\""] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_a_caller_knows_is_compared_whole_and_weakly() {
        for (text, known) in [
            ("*", true),
            (r#""3-ab""#, true),
            (r#"W/"3-ab""#, true),
            (r#""3""#, false),
            (r#""3-ac""#, false),
        ] {
            assert_eq!(parse(text).map(|c| c.knows("\"3-ab\"")), Some(known), "{text}");
        }
    }
}
