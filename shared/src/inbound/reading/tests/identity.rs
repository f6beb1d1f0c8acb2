//! Who wrote, to whom, about what, in which thread.

use super::super::{Author, Mail, Mailbox, read};
use super::plain;
use crate::incident::values::Language;

fn from(headers: &str) -> Author {
    read(format!("{headers}\n\ntext\n").as_bytes(), "x@y.example").from
}

fn one(name: Option<&str>, address: &str) -> Author {
    Author::One(Mailbox { name: name.map(str::to_owned), address: address.parse().unwrap() })
}

#[test]
fn exactly_one_author_is_one() {
    for (value, name, address) in [
        ("zoe@customer.example", None, "zoe@customer.example"),
        ("<zoe@customer.example>", None, "zoe@customer.example"),
        ("Zoe <zoe@customer.example>", Some("Zoe"), "zoe@customer.example"),
        ("\"Marchand, Zoe\" <zoe@customer.example>", Some("Marchand, Zoe"), "zoe@customer.example"),
        ("Marchand, Zoe <zoe@customer.example>", Some("Marchand, Zoe"), "zoe@customer.example"),
        ("=?utf-8?Q?Zo=C3=AB?= <zoe@customer.example>", Some("Zoë"), "zoe@customer.example"),
        (
            "=?iso-8859-1?Q?Marchand=2C_Zo=EB?= <zoe@customer.example>",
            Some("Marchand, Zoë"),
            "zoe@customer.example",
        ),
        (
            "=?utf-8?Q?Marchand,_Zo=C3=AB?= <zoe@customer.example>",
            Some("Marchand, Zoë"),
            "zoe@customer.example",
        ),
        ("zoe@customer.example (Zoe Marchand)", Some("Zoe Marchand"), "zoe@customer.example"),
        ("\"ceo@x.example\" <evil@y.example>", Some("ceo@x.example"), "evil@y.example"),
        (
            "zoe@customer.example <zoe@customer.example>",
            Some("zoe@customer.example"),
            "zoe@customer.example",
        ),
        (
            "'zoe@customer.example' <zoe@customer.example>",
            Some("zoe@customer.example"),
            "zoe@customer.example",
        ),
        ("\"a \\\"b\\\" c\" <zoe@customer.example>", Some("a \"b\" c"), "zoe@customer.example"),
        ("Zoe\r\n <zoe@customer.example>", Some("Zoe"), "zoe@customer.example"),
        (
            "=?utf-8?B?WgpCY2M6IGFAYi5jCg==?= <zoe@customer.example>",
            Some("Z Bcc: a@b.c"),
            "zoe@customer.example",
        ),
        ("Zo\u{eb} <zoe@customer.example>", Some("Zoë"), "zoe@customer.example"),
        ("zoe@customer.example,", None, "zoe@customer.example"),
    ] {
        assert_eq!(from(&format!("From: {value}")), one(name, address), "{value}");
    }
    let latin = b"From: Zo\xeb <zoe@customer.example>\n\ntext\n";
    assert_eq!(read(latin, "x").from, one(Some("Zoë"), "zoe@customer.example"));
}

#[test]
fn what_could_be_two_authors_is_several() {
    for headers in [
        "From: a@x.example\nFrom: b@y.example",
        "From: a@x.example\nSubject: x\nFROM : b@y.example",
        "From: a@x.example\nX: y\n \nFrom: b@y.example",
        "From: a@x.example\nno header at all\nFrom: b@y.example",
        "From: a@x.example\nSubject: x\rFrom: b@y.example",
        "From: a@x.example, b@y.example",
        "From: A <a@x.example>, B <b@y.example>",
        "From: A <a@x.example> <b@y.example>",
        "From: evil@y.example <ceo@x.example>",
        "From: <ceo@x.example> evil@y.example",
        "From: ceo@x.example (evil@y.example)",
        "From: Team: a@x.example, b@y.example;",
        "From: Team: a@x.example;",
        "From: a@x.example; b@y.example",
        "From: a@x.example\nfrom:",
    ] {
        assert_eq!(from(headers), Author::Several, "{headers:?}");
    }
}

#[test]
fn no_author_and_no_address_are_told_apart() {
    for headers in ["Subject: x", "From:", "From: <>x", "From:  \n ", "X-From: a@x.example"] {
        assert!(matches!(from(headers), Author::None | Author::Unreadable), "{headers:?}");
    }
    assert_eq!(from("Subject: x"), Author::None);
    assert_eq!(from("From:"), Author::None);
    for value in [
        "nobody",
        "undisclosed-recipients",
        "a@localhost",
        "<>",
        "\"a b\"@x.example",
        "é@x.example",
        "a@x.example b",
    ] {
        assert_eq!(from(&format!("From: {value}")), Author::Unreadable, "{value}");
    }
    // Behind the empty line there are no headers.
    assert_eq!(from("Subject: x\n\nFrom: a@x.example"), Author::None);
}

#[test]
fn a_subject_is_a_line_whatever_is_encoded_in_it() {
    let subject = |value: &str| plain(&format!("Subject: {value}"), "text").subject;
    for (value, line) in [
        ("INC-1001", "INC-1001"),
        ("=?utf-8?B?SU5DLTEwMDENCkJjYzogYUBiLmM=?=", "INC-1001 Bcc: a@b.c"),
        ("=?utf-8?Q?a=0D=0AFrom:_b@c.example?=", "a From: b@c.example"),
        ("=?utf-8?Q?a=00b=1Bc?=", "a b c"),
        ("=?utf-8?Q?Magasins?=\n =?utf-8?Q?_ferm=C3=A9s?=", "Magasins fermés"),
        ("=?iso-8859-1?Q?ferm=E9s?= INC-1001", "fermés INC-1001"),
        ("=?windows-1252?Q?=80_100?=", "€ 100"),
        ("=?nonsense?Q?a_b?=", "a b"),
        ("folded\n\tover lines", "folded over lines"),
        ("=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"),
        ("a\u{202e}b\u{200b}c", "abc"),
        ("  spaces   in  it ", "spaces in it"),
        ("", ""),
    ] {
        assert_eq!(subject(value), line, "{value:?}");
    }
    assert_eq!(subject(&"é".repeat(2000)).chars().count(), super::super::SUBJECT_CHARACTERS);
}

#[test]
fn ids_are_safe_in_a_header() {
    let ids = |headers: &str| {
        let Mail { message_id, references, .. } = plain(headers, "text");
        (message_id.unwrap_or_default(), references.join(" "))
    };
    let said = |id: &str, references: &str| (id.to_owned(), references.to_owned());
    assert_eq!(ids("Message-ID: <a@b.c>"), said("<a@b.c>", ""));
    assert_eq!(ids("Message-Id:\n <a@b.c>"), said("<a@b.c>", ""));
    assert_eq!(
        ids("In-Reply-To: <c@d>\nReferences: <incident-INC-1@example.com>\n <b@d> <c@d>"),
        said("", "<c@d> <incident-INC-1@example.com> <b@d>")
    );
    for bad in ["a@b.c", "<a b@c>", "<é@b.c>", "<>", &format!("<{}@b.c>", "a".repeat(250))] {
        assert_eq!(ids(&format!("Message-ID: {bad}")), said("", ""), "{bad}");
    }
    let many: Vec<String> = (0..200).map(|n| format!("<{n}@b.c>")).collect();
    let (_, references) = ids(&format!("References: {}", many.join(" ")));
    assert!(references.starts_with("<0@b.c> <1@b.c>") && references.ends_with("<199@b.c>"));
    assert_eq!(references.split(' ').count(), 40);
}

#[test]
fn recipients_are_those_of_to_and_cc() {
    let headers = "To: Care <care+token@example.com>, \"x\" <a@b.example>,\n  bad\nCc: A@b.example, a@b.example; c@d.example";
    let recipients = plain(headers, "text").recipients_named;
    let recipients: Vec<_> = recipients.iter().map(|address| address.as_str()).collect();
    assert_eq!(recipients, ["care+token@example.com", "a@b.example", "A@b.example", "c@d.example"]);
    let many: Vec<String> = (0..500).map(|n| format!("a{n}@b.example")).collect();
    assert_eq!(plain(&format!("To: {}", many.join(", ")), "").recipients_named.len(), 20);
}

#[test]
fn the_language_is_that_of_the_new_text_or_else_of_the_subject() {
    use Language::{En, Fr};
    for (text, language) in [
        ("All our shops are closed.", Some(En)),
        ("Please escalate INC-1001", Some(En)),
        ("Hello, thanks", Some(En)),
        ("We don't know what it is", Some(En)),
        ("Merci d'escalader INC-1001", Some(Fr)),
        ("Bonjour, tous nos magasins sont fermés.", Some(Fr)),
        ("BONJOUR, MERCI D’ESCALADER", Some(Fr)),
        ("Cordialement", Some(Fr)),
        ("Plus aucun paiement depuis 8h", Some(Fr)),
        ("Still no answer", Some(En)),
        ("Payments down", Some(En)),
        ("Toujours pas de réponse", Some(Fr)),
        ("Production à l'arrêt", Some(Fr)),
        ("INC-1001", None),
        ("", None),
        ("Alle Geschäfte sind geschlossen, bitte helfen Sie uns sofort, nichts geht mehr.", None),
        ("Todas las tiendas están cerradas y no podemos cobrar a nadie desde las ocho.", None),
        ("Tutti i negozi sono chiusi e non possiamo incassare dalle otto di questa mattina.", None),
        ("Alle winkels zijn gesloten en wij kunnen niets meer verkopen.", None),
        ("我们的商店都关门了", None),
        ("Hello, bonjour", None),
    ] {
        assert_eq!(plain("Subject: x", text).language, language, "{text}");
    }
    for (subject, text, language) in [
        ("Everything down in Bergen since 05:40", "", Some(En)),
        ("Escalade INC-1001", "INC-1001", Some(Fr)),
        ("Everything is down since this morning", "Rien ne va plus, merci.", Some(Fr)),
        ("Re: Everything is down since this morning", "INC-1001", None),
        ("INC-1001", "", None),
    ] {
        assert_eq!(plain(&format!("Subject: {subject}"), text).language, language, "{subject}");
    }
    let quoted = "Oui, merci.\n\n> All our shops are closed and we need you to act on this.\n";
    assert_eq!(plain("Subject: Re: x", quoted).language, Some(Fr));
}
