//! What SES checks of a `SendEmail`, by its reference; each refuses as SES does.

use super::{Destination, Pair, Refused, bad_request};

const MOST_HEADERS: usize = 15;
const LONGEST_HEADER_NAME: usize = 126;
const LONGEST_HEADER: usize = 996;
const LONGEST_TAG: usize = 256;

/// SES takes fifty; the desk writes one e-mail for each recipient, and more in one is a mistake of it.
pub(super) fn recipient(destination: Option<Destination>) -> Result<String, Refused> {
    let all = destination.map_or_else(Vec::new, |destination| {
        [destination.to_addresses, destination.cc_addresses, destination.bcc_addresses].concat()
    });
    match <[String; 1]>::try_from(all) {
        Ok([to]) => address("Destination", &to).map(|()| to),
        Err(all) if all.is_empty() => Err(bad_request("Destination has no recipient.")),
        Err(_) => Err(bad_request("The local SES endpoint takes one recipient in each e-mail.")),
    }
}

pub(super) fn address(field: &str, address: &str) -> Result<(), Refused> {
    line(field, address)?;
    let plain = address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end_matches('>'));
    let parts = plain.split_once('@');
    let right = address.is_ascii()
        && parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if right { Ok(()) } else { Err(bad_request(format!("{field}: not an e-mail address."))) }
}

pub(super) fn line(field: &str, text: &str) -> Result<(), Refused> {
    if text.is_empty() {
        Err(bad_request(format!("Missing required field: {field}.")))
    } else if text.chars().any(char::is_control) {
        Err(bad_request(format!("{field} contains control characters.")))
    } else {
        Ok(())
    }
}

pub(super) fn tags(tags: &[Pair]) -> Result<(), Refused> {
    let right = |text: &str| {
        (1..=LONGEST_TAG).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    match tags.iter().find(|tag| !right(&tag.name) || !right(&tag.value)) {
        Some(tag) => Err(bad_request(format!(
            "Invalid tag {}: names and values are 1 to 256 ASCII letters, numbers, underscores and \
             dashes.",
            tag.name
        ))),
        None => Ok(()),
    }
}

pub(super) fn set(set: Option<&str>) -> Result<(), Refused> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match set {
        Some(set) if !(1..=64).contains(&set.len()) || !set.bytes().all(plain) => {
            Err(bad_request("ConfigurationSetName: 1 to 64 ASCII letters, numbers, _ and -."))
        }
        _ => Ok(()),
    }
}

pub(super) fn headers(headers: &[Pair]) -> Result<(), Refused> {
    if headers.len() > MOST_HEADERS {
        return Err(bad_request(format!("At most {MOST_HEADERS} headers can be added.")));
    }
    let right = |Pair { name, value }: &Pair| {
        (1..=LONGEST_HEADER_NAME).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
            && name.len() + value.len() <= LONGEST_HEADER
            && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    };
    match headers.iter().find(|header| !right(header)) {
        Some(header) => Err(bad_request(format!("Invalid header {}.", header.name))),
        None => Ok(()),
    }
}
