//! Parts, encodings, charsets and attachments.

use super::super::{Mail, read};
use super::plain;

fn mail(raw: &str) -> Mail {
    read(format!("From: a@b.example\nSubject: x\n{raw}").as_bytes(), "a@b.example")
}

fn latin(raw: &str) -> Mail {
    let raw = format!("From: a@b.example\nSubject: x\n{raw}");
    read(
        &raw.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<_>>(),
        "a@b.example",
    )
}

const CLOSED: &str = "Les magasins sont fermés.";

#[test]
fn twenty_levels_are_read() {
    let nested = |levels: usize| {
        let open: String = (1..levels)
            .map(|n| format!("--b{n}\nContent-Type: multipart/mixed; boundary=b{}\n\n", n + 1))
            .collect();
        let text = format!("{open}--b{levels}\n\nAll shops are closed.\n");
        plain("Content-Type: multipart/mixed; boundary=b1", &text).new_text
    };
    assert_eq!(nested(1), "All shops are closed.");
    assert_eq!(nested(20), "All shops are closed.");
    assert_eq!(nested(21), "");
}

#[test]
fn charsets_are_as_they_are_and_not_as_they_are_labelled() {
    let typed =
        |charset: &str| format!("Content-Type: text/plain; charset={charset}\n\n{CLOSED}\n");
    for charset in [
        "utf-8",
        "UTF-8",
        "\"utf-8\"",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "nonsense",
        "utf8",
        "''",
    ] {
        assert_eq!(mail(&typed(charset)).new_text, CLOSED, "UTF-8 as {charset}");
    }
    for charset in ["iso-8859-1", "windows-1252", "ISO-8859-15", "us-ascii", "utf-8", "nonsense"] {
        assert_eq!(latin(&typed(charset)).new_text, CLOSED, "Latin-1 as {charset}");
    }
    assert_eq!(mail(&format!("\n{CLOSED}")).new_text, CLOSED);
    assert_eq!(latin(&format!("\n{CLOSED}")).new_text, CLOSED);
    let macintosh = latin("Content-Type: text/plain; charset=macintosh\n\nferm\u{8e}s");
    assert_eq!(macintosh.new_text, "fermés");
    let utf16 = "Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\nZgBlAHIAbQDpAHMA\n";
    assert_eq!(mail(utf16).new_text, "fermés");
}

#[test]
fn transfer_encodings_are_read_as_far_as_they_go() {
    let encoded = |encoding: &str, body: &str| {
        mail(&format!("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}")).new_text
    };
    for (encoding, body, text) in [
        ("quoted-printable", "ferm=C3=A9s =\nici", "fermés ici"),
        ("Quoted-Printable", "ferm=c3=a9s", "fermés"),
        ("quoted-printable", "ferm=C3=A9, a = b, 100% =ZZ", "fermé, a = b, 100% =ZZ"),
        ("quoted-printable", "ferm=C3=A9s cut=C", "fermés cut"),
        ("base64", "ZmVybcOpcyBpY2k=", "fermés ici"),
        ("BASE64", "ZmVybc\nOpcyBp\nY2k=", "fermés ici"),
        ("base64", "ZmVybcOpcyBpY2k", "fermés ici"),
        ("base64", "ZmVybcOpcyBpY2k=ZmVybcOpcyBpY2k=", "fermés icifermés ici"),
        ("base64", "ZmVybcO", "ferm"),
        ("base64", "ZmVybcOp!!! %%%", "fermé"),
        ("8bit", "fermés", "fermés"),
        ("nonsense", "fermés", "fermés"),
    ] {
        assert_eq!(encoded(encoding, body), text, "{encoding} {body}");
    }
}

#[test]
fn of_alternatives_the_plain_text_is_read_unless_it_says_nothing() {
    let alternatives = |plain: &str, html: &str| {
        mail(&format!("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n")).new_text
    };
    assert_eq!(alternatives("plain", "<p>html</p>"), "plain");
    assert_eq!(alternatives("  \n", "<p>html</p>"), "html");
    assert_eq!(
        alternatives("Your mail program does not show HTML.", "<p>All shops are closed.</p>"),
        "All shops are closed."
    );
    assert_eq!(alternatives("plain", ""), "plain");
}

#[test]
fn parts_in_parts_are_put_together() {
    let raw = "Content-Type: multipart/mixed; boundary=\"a\"\n\npreamble\n--a\nContent-Type: multipart/related; boundary=a.b\n\n--a.b\nContent-Type: text/html\n\n<p>one</p><img src=cid:x>\n--a.b\nContent-Type: image/png; name=logo.png\nContent-ID: <x>\n\nxx\n--a.b--\n--a\nContent-Type: application/pdf; name=\"=?utf-8?Q?proc=C3=A8s.pdf?=\"\nContent-Disposition: attachment; filename*=utf-8''proc%C3%A8s.pdf\n\nxx\n--a\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"C:\\\\temp\\\\log.txt\"\n\nnot shown\n--a\nContent-Type: text/plain\n\ntwo\n--a--\nepilogue\n";
    let mail = mail(raw);
    assert_eq!(mail.new_text, "one\n\ntwo");
    assert_eq!(mail.attachments, ["procès.pdf", "log.txt"]);
}

#[test]
fn a_mail_with_nothing_to_read_has_no_text() {
    for raw in [
        "",
        "\n",
        "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+",
        "Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
        "Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/octet-stream\n\nxx\n--b--",
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n",
        "Content-Type: text/calendar\n\nBEGIN:VCALENDAR",
    ] {
        assert_eq!(mail(raw).new_text, "", "{raw}");
    }
    let winmail = mail(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee it.\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\nxx\n--b--",
    );
    assert_eq!(
        (winmail.new_text.as_str(), winmail.attachments.as_slice()),
        ("See it.", &["winmail.dat".to_owned()][..])
    );
    assert_eq!(read(b"", "").from, super::super::Author::None);
}

#[test]
fn what_claims_parts_and_has_none_is_text() {
    for content_type in [
        "multipart/mixed",
        "multipart/mixed; boundary=b",
        "multipart/mixed; boundary=\"\"",
        "nonsense",
        "text",
        ";;;",
    ] {
        let mail = mail(&format!("Content-Type: {content_type}\n\nAll shops are closed.\n"));
        let is_unknown = content_type == "nonsense";
        assert_eq!(
            mail.new_text,
            if is_unknown { "" } else { "All shops are closed." },
            "{content_type}"
        );
    }
}

#[test]
fn mails_that_are_attached_are_read_too() {
    let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\n--b\nContent-Type: message/rfc822\n\nFrom: bob@b.example\nSubject: INC-1001\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nTout est ferm=C3=A9.\n--b--\n";
    let mail = mail(raw);
    assert_eq!(mail.new_text, "Tout est fermé.");
    assert_eq!(mail.whole_text, "INC-1001\n\nTout est fermé.");
    assert_eq!(mail.attachments, ["INC-1001.eml"]);
}

#[test]
fn flowed_text_is_put_together_again() {
    let raw = "Content-Type: text/plain; format=flowed\n\nAll our shops \nare closed.\n\n> a quote \n> goes on\n\nSince \n8:40.\n-- \nZoe\n";
    assert_eq!(mail(raw).new_text, "All our shops are closed.\n\nSince 8:40.");
}
