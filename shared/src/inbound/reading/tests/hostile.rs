//! Whatever is sent: nothing panics, nothing is slow, nothing is larger than its bound.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::*;
use crate::inbound::number::{self, NumberPattern};

/// Longer than it takes, shorter than what is not linear takes.
const SOON: Duration = Duration::from_secs(4);
/// What is ever handed to [`read`].
const LONGEST: usize = 4 * 1024 * 1024;

fn holds(mail: &Mail) {
    let count = |text: &str| text.chars().count();
    assert!(count(&mail.subject) <= SUBJECT_CHARACTERS);
    assert!(count(&mail.new_text) <= NEW_CHARACTERS);
    assert!(count(&mail.whole_text) <= WHOLE_CHARACTERS);
    assert!(mail.references.len() <= REFERENCES && mail.recipients_named.len() <= 2 * RECIPIENTS);
    assert!(mail.attachments.len() <= parts::ATTACHMENTS);
    assert!(mail.attachments.iter().all(|name| count(name) <= parts::ATTACHMENT_CHARACTERS));
    let is_line = |text: &str| !text.chars().any(char::is_control);
    assert!(is_line(&mail.subject) && mail.attachments.iter().all(|name| is_line(name)));
    let is_text = |text: &str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert!(is_text(&mail.new_text) && is_text(&mail.whole_text));
    let ids = mail.references.iter().chain(&mail.message_id);
    assert!(
        ids.clone().all(|id| id.len() <= ID_CHARACTERS && id.bytes().all(|b| b.is_ascii_graphic()))
    );
    let name = mail.from.mailbox().and_then(|mailbox| mailbox.name.as_deref()).unwrap_or_default();
    assert!(count(name) <= NAME_CHARACTERS && is_line(name));
    let json = serde_json::to_string(mail).unwrap();
    assert_eq!(&serde_json::from_str::<Mail>(&json).unwrap(), mail);
    // What DynamoDB counts are the bytes of the strings.
    assert!(json.len() - json.matches('\\').count() < 390_000, "{}", json.len());
}

/// Reads it, and the same cut where the desk cuts it.
fn soon(name: &str, raw: &[u8]) -> Mail {
    let started = Instant::now();
    let mail = read(&raw[..raw.len().min(LONGEST)], "a@b.example");
    let number = number::find(&mail, &NumberPattern::default());
    let took = started.elapsed();
    assert_eq!(number, None, "{name}");
    assert!(took < SOON, "{name} took {took:?}");
    holds(&mail);
    mail
}

fn of(headers: &str, body: &str) -> Vec<u8> {
    format!("From: a@b.example\nSubject: x\n{headers}\n\n{body}").into_bytes()
}

#[test]
fn large_and_deep_mails_are_read_soon() {
    let many = |piece: &str, length: usize| piece.repeat(length / piece.len());
    let mixed = "Content-Type: multipart/mixed; boundary=b";
    let mut nested = String::new();
    for level in 0..10_000 {
        nested +=
            &format!("--b{level}\nContent-Type: multipart/mixed; boundary=b{}\n\n", level + 1);
    }
    let rfc822 = many(
        "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n",
        LONGEST,
    );
    let mails = [
        ("40 MB", of("", &many("All shops are closed. ", 40_000_000))),
        ("a line of 4 MB", of("", &many("x", LONGEST))),
        ("lines", of("", &many("\n", LONGEST))),
        ("quotes", of("", &many("> ", LONGEST))),
        ("quoted lines", of("", &many("> x\n\n", LONGEST))),
        ("attributions", of("", &many("On 24/11/2026 somebody\n", LONGEST))),
        ("labels", of("", &many("From: x\n", LONGEST))),
        ("200,000 parts", of(mixed, &many("--b\n\nx\n", 200_000 * 7))),
        (
            "200,000 attachments",
            of(mixed, &many("--b\nContent-Disposition: attachment; filename=x\n\nx\n", LONGEST)),
        ),
        (
            "parts that name what never comes",
            of(mixed, &many("--b\nContent-Type: multipart/mixed; boundary=zz\n\nx\n", LONGEST)),
        ),
        ("10,000 levels", of("Content-Type: multipart/mixed; boundary=b0", &nested)),
        (
            "mails in mails",
            of("Content-Type: message/rfc822", &many("Content-Type: message/rfc822\n\n", LONGEST)),
        ),
        ("parts in mails", of(mixed, &rfc822)),
        ("100,000 headers", of(&many("X-A: b\n", 100_000 * 7), "x")),
        ("100,000 To", of(&many("To: a@b.example\n", 100_000 * 16), "x")),
        ("100,000 From", of(&many("From: a@b.example\n", 100_000 * 18), "x")),
        ("a header of 1 MB", of(&format!("Subject: {}", many("x", 1_000_000)), "x")),
        ("encoded words", of(&format!("Subject: {}", many("=?u?q?", 1_000_000)), "x")),
        ("encoded words, open", of(&format!("To: {}", many("=?utf-8?q?a ", 1_000_000)), "x")),
        ("folded headers", of(&format!("To: {}", many("a@b.example,\n ", 1_000_000)), "x")),
        ("brackets", of(&format!("To: {}", many("(", 1_000_000)), "x")),
        ("angles", of(&format!("References: {}", many("<", 1_000_000)), "x")),
        ("ids", of(&format!("References: {}", many("<a@b> ", 1_000_000)), "x")),
        (
            "parameters",
            of(&format!("Content-Type: text/plain; {}", many("a*1*=x; ", 1_000_000)), "x"),
        ),
        ("base64", of("Content-Transfer-Encoding: base64", &many("QUJD", LONGEST))),
        ("no base64", of("Content-Transfer-Encoding: base64", &many("=", LONGEST))),
        (
            "quoted-printable",
            of("Content-Transfer-Encoding: quoted-printable", &many("=", LONGEST)),
        ),
        ("tags", of("Content-Type: text/html", &many("<div>", LONGEST))),
        ("open tags", of("Content-Type: text/html", &many("<a ", LONGEST))),
        ("open comments", of("Content-Type: text/html", &many("<!--", LONGEST))),
        ("open quotes", of("Content-Type: text/html", &many("<a b=\"", LONGEST))),
        ("styles", of("Content-Type: text/html", &many("<style>", LONGEST))),
        ("styles that close", of("Content-Type: text/html", &many("<style></styl>", LONGEST))),
        ("hidden", of("Content-Type: text/html", &many("<p style=display:none>", LONGEST))),
        (
            "attributes",
            of("Content-Type: text/html", &many("<p a b c d e f g h style=x style>", LONGEST)),
        ),
        ("blockquotes", of("Content-Type: text/html", &many("<blockquote>x", LONGEST))),
        ("entities", of("Content-Type: text/html", &many("&amp;&", LONGEST))),
        ("forwards", of("", &many("---------- Forwarded message ---------\n", LONGEST))),
        ("flowed", of("Content-Type: text/plain; format=flowed", &many("x \n", LONGEST))),
        ("NUL", of("", &many("\0", LONGEST))),
        ("emoji", of("", &many("🚨", LONGEST))),
        ("signatures", of("", &many("-- \n", LONGEST))),
        ("notices", of("", &many("This message and any\n\n", LONGEST))),
    ];
    for (name, raw) in &mails {
        let mail = soon(name, raw);
        let several = *name == "100,000 From";
        assert_eq!(mail.from == Author::Several, several, "{name}");
    }
}

#[test]
fn the_largest_mail_fits_into_an_item() {
    let wide = "🚨".repeat(100);
    let header = |name: &str, value: &str, n: usize| format!("{name}: {}\n", value.repeat(n));
    let to: Vec<String> =
        (0..30).map(|n| format!("{}{n}@{}.example", "a".repeat(60), "b".repeat(60))).collect();
    let ids: Vec<String> = (0..60).map(|n| format!("<{n}{}@b>", "a".repeat(240))).collect();
    let headers = format!(
        "From: {wide}{wide}{wide} <a@b.example>\n{}{}{}References: {}\nContent-Type: multipart/mixed; boundary=b\n\n",
        header("Subject", &wide, 20),
        header("To", &to.join(", "), 1),
        header("Cc", &to.join(", "), 1),
        ids.join(" ")
    );
    let attachment =
        format!("--b\nContent-Disposition: attachment; filename=\"{wide}{wide}\"\n\nx\n");
    let text =
        format!("--b\nContent-Type: text/plain; charset=utf-8\n\n{}\n", "🚨".repeat(100_000));
    let raw = headers + &text + &attachment.repeat(50);
    let mail = soon("largest", raw.as_bytes());
    assert_eq!(mail.new_text.chars().count(), NEW_CHARACTERS);
    assert_eq!(mail.whole_text.chars().count(), WHOLE_CHARACTERS);
    assert_eq!(mail.attachments.len(), 20);
}

/// A mail with a bit of everything.
const REAL: &str = "From: =?utf-8?Q?Zo=C3=AB?= Marchand <zoe@customer.example>\r\nTo: Care <care+abc@example.com>\r\nSubject: =?utf-8?B?UmU6IFtQMSBJTkMtMTAwMV0gZXNjYWxhZGU=?=\r\nMessage-ID: <1@customer.example>\r\nIn-Reply-To: <2@example.com>\r\nReferences: <incident-INC-1001@example.com>\r\n <2@example.com>\r\nContent-Type: multipart/mixed; boundary=\"x y\"\r\n\r\n--x y\r\nContent-Type: multipart/alternative; boundary=z\r\n\r\n--z\r\nContent-Type: text/plain; charset=\"utf-8\"; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nTout est ferm=C3=A9.=20\r\n\r\n-- \r\nZo=C3=AB\r\n\r\nLe mar. 24 nov. 2026 =C3=A0 09:15, Care <care@example.com> a =C3=A9crit :\r\n> Bien re=C3=A7u.\r\n--z\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGRpdj5Ub3V0IGVzdCBmZXJtw6kuPC9kaXY+PGJsb2NrcXVvdGUgdHlwZT0iY2l0ZSI+QmllbiByZcOndS48L2Jsb2NrcXVvdGU+\r\n--z--\r\n--x y\r\nContent-Type: message/rfc822\r\n\r\nSubject: old\r\n\r\nFrom: b\r\nSent: c\r\nTo: d\r\n\r\n---------- Forwarded message ---------\r\nDe : x\r\n\r\nold text\r\n--x y\r\nContent-Disposition: attachment; filename*=utf-8''a%C3%A9.pdf\r\n\r\nxx\r\n--x y--\r\n";

#[test]
fn a_mail_cut_anywhere_is_read_as_far_as_it_goes() {
    for end in 0..REAL.len() {
        holds(&read(&REAL.as_bytes()[..end], "a@b.example"));
    }
    let whole = read(REAL.as_bytes(), "a@b.example");
    insta::assert_snapshot!(serde_json::to_string_pretty(&whole).unwrap());
    let at = REAL.find("-- \r\n").unwrap();
    assert_eq!(read(&REAL.as_bytes()[..at], "a").new_text, "Tout est fermé.");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read(raw in prop::collection::vec(any::<u8>(), 0..600), envelope in "\\PC{0,20}") {
        holds(&read(&raw, &envelope));
    }

    #[test]
    fn any_body_is_read(body in "([ -~\\n<>&;=\"]|\\PC){0,300}", kind in 0..3_usize) {
        let kind = ["text/plain", "text/html", "multipart/mixed; boundary=b"][kind];
        holds(&read(&of(&format!("Content-Type: {kind}"), &body), "a@b.example"));
    }

    #[test]
    fn mutated_mails_are_read(changes in prop::collection::vec((0..REAL.len(), any::<u8>(), 0..4_u8, 0..60_usize), 1..12)) {
        let mut raw = REAL.as_bytes().to_vec();
        for (at, byte, kind, length) in changes {
            let at = at.min(raw.len().saturating_sub(1));
            let end = (at + length).min(raw.len());
            match kind {
                0 => raw[at] = byte,
                1 => raw.insert(at, byte),
                2 => { raw.drain(at..end); }
                _ => { let copy = raw[at..end].to_vec(); raw.splice(at..at, copy); }
            }
            if raw.is_empty() { raw.push(byte); }
        }
        holds(&read(&raw, "a@b.example"));
    }
}
