//! What stands in a mail, told mail by mail.

mod automatic;
mod content;
mod hostile;
mod identity;
mod written;

use super::*;

/// A mail of one text part, whose lines are written with `\n`.
pub fn plain(headers: &str, body: &str) -> Mail {
    let raw = format!("From: Zoë Marchand <zoe@customer.example>\n{headers}\n\n{body}");
    read(raw.replace('\n', "\r\n").as_bytes(), "zoe@customer.example")
}

/// One of one HTML part.
pub fn html(headers: &str, body: &str) -> Mail {
    let headers = format!("{headers}\nContent-Type: text/html; charset=utf-8");
    plain(headers.trim_start(), body)
}
