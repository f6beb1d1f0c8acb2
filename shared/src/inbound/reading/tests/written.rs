//! What the author wrote now, for every program that people write mail with.

use super::{html, plain};

/// The new text of a reply.
fn reply(body: &str) -> String {
    plain("Subject: Re: [P1 INC-1001] escalation received", body).new_text
}

fn forward(body: &str) -> String {
    plain("Subject: TR: Magasins fermés", body).new_text
}

fn first(body: &str) -> String {
    plain("Subject: INC-1001", body).new_text
}

fn html_reply(body: &str) -> String {
    html("Subject: Re: [P1 INC-1001] escalation received", body).new_text
}

const NEW: &str = "The terminals are back.\n\nSince 9:40.";

#[test]
fn quotes_below_are_cut_whatever_program_quotes() {
    let quotes = [
        (
            "gmail",
            "On Tue, Nov 24, 2026 at 9:15 AM Customer Care <care@example.com> wrote:\n\n> We have it.\n>\n> Regards",
        ),
        (
            "gmail, wrapped",
            "On Tue, Nov 24, 2026 at 9:15 AM Customer Care with a long name\n<care@example.com> wrote:\n\n> We have it.",
        ),
        (
            "gmail, of old",
            "2026-11-24 9:15 GMT+01:00 Customer Care <care@example.com>:\n\n> We have it.",
        ),
        (
            "gmail, fr",
            "Le mar. 24 nov. 2026 à 09:15, Customer Care <care@example.com> a écrit :\n\n> Bien reçu.",
        ),
        (
            "gmail, fr, wrapped",
            "Le mar. 24 nov. 2026 à 09:15, Customer Care <care@example.com> a\nécrit :\n\n> Bien reçu.",
        ),
        (
            "apple",
            "> On 24 Nov 2026, at 09:15, Customer Care <care@example.com> wrote:\n> \n> We have it.",
        ),
        (
            "apple, fr",
            "> Le 24 nov. 2026 à 09:15, Customer Care <care@example.com> a écrit :\n> \n> Bien reçu.",
        ),
        (
            "iphone, fr",
            "Envoyé de mon iPhone\n\n> Le 24 nov. 2026 à 09:15, Customer Care <care@example.com> a écrit :\n> \n> \u{feff}\n> Bien reçu.",
        ),
        (
            "iphone",
            "Sent from my iPhone\n\n> On Nov 24, 2026, at 9:15 AM, Customer Care <care@example.com> wrote:\n> \n> We have it.",
        ),
        ("thunderbird", "On 24/11/2026 09:15, Customer Care wrote:\n> We have it."),
        ("thunderbird, fr", "Le 24/11/2026 à 09:15, Customer Care a écrit :\n> Bien reçu."),
        (
            "outlook",
            "From: Customer Care <care@example.com>\nSent: Tuesday, November 24, 2026 9:15 AM\nTo: Zoë <zoe@customer.example>\nSubject: [P1 INC-1001] escalation received\n\nWe have it.",
        ),
        (
            "outlook, fr",
            "De : Customer Care <care@example.com>\nEnvoyé : mardi 24 novembre 2026 09:15\nÀ : Zoë <zoe@customer.example>\nObjet : [P1 INC-1001] escalade reçue\n\nBien reçu.",
        ),
        (
            "outlook, bold",
            "*From:* Customer Care <care@example.com>\n*Sent:* Tuesday, November 24, 2026 9:15 AM\n*To:* Zoë\n*Subject:* [P1 INC-1001]\n\nWe have it.",
        ),
        (
            "outlook on the web",
            "________________________________\nFrom: Customer Care <care@example.com>\nSent: Tuesday, November 24, 2026 9:15:00 AM\nTo: Zoë <zoe@customer.example>\nSubject: [P1 INC-1001]\n\nWe have it.",
        ),
        (
            "outlook, a long To",
            "From: Customer Care <care@example.com>\nSent: Tuesday, November 24, 2026 9:15 AM\nTo: Zoë <zoe@customer.example>; Ann <ann@customer.example>;\nBob <bob@customer.example>\nCc: Carl <carl@customer.example>\nSubject: [P1 INC-1001]\n\nWe have it.",
        ),
        (
            "outlook for ios",
            "Get Outlook for iOS\n________________________________\nFrom: Customer Care <care@example.com>\nSent: Tuesday, November 24, 2026 9:15 AM\nTo: Zoë\nSubject: x\n\nWe have it.",
        ),
        (
            "outlook pour android",
            "Télécharger Outlook pour Android\n________________________________\nDe : Customer Care <care@example.com>\nEnvoyé : mardi 24 novembre 2026 09:15\nÀ : Zoë\nObjet : x\n\nBien reçu.",
        ),
        (
            "outlook 2003",
            "-----Original Message-----\nFrom: Customer Care [mailto:care@example.com]\nSent: 24 November 2026 09:15\nTo: Zoë\nSubject: x\n\nWe have it.",
        ),
        (
            "outlook 2003, fr",
            "-----Message d'origine-----\nDe : Customer Care [mailto:care@example.com]\nEnvoyé : mardi 24 novembre 2026 09:15\nÀ : Zoë\nObjet : x\n\nBien reçu.",
        ),
        (
            "outlook for mac",
            "On 24/11/2026, 09:15, \"Customer Care\" <care@example.com> wrote:\n\nWe have it.\n\nRegards",
        ),
        (
            "yahoo, fr",
            "Le mardi 24 novembre 2026 à 09:15:00 UTC+1, Customer Care <care@example.com> a écrit :\n\nBien reçu.",
        ),
        (
            "yahoo, wrapped",
            "    On Tuesday, November 24, 2026 at 09:15:00 AM GMT+1, Customer Care\n<care@example.com> wrote:  \n \n We have it.",
        ),
        (
            "samsung, fr",
            "Envoyé depuis mon appareil Galaxy\n\n\n-------- Message d’origine --------\nDe : Customer Care <care@example.com>\nDate : 24/11/2026 09:15 (GMT+01:00)\nÀ : Zoë\nObjet : x\n\nBien reçu.",
        ),
        (
            "android",
            "-------- Original message --------\nFrom: Customer Care <care@example.com>\nDate: 24/11/2026 09:15 (GMT+01:00)\nTo: Zoë\nSubject: x\n\nWe have it.",
        ),
        (
            "proton",
            "Sent with Proton Mail secure email.\n\n------- Original Message -------\nOn Tuesday, November 24th, 2026 at 09:15, Customer Care <care@example.com> wrote:\n\n\n> We have it.",
        ),
        (
            "zimbra, fr",
            "----- Mail original -----\nDe: \"Customer Care\" <care@example.com>\nÀ: zoe@customer.example\nEnvoyé: Mardi 24 Novembre 2026 09:15:00\nObjet: x\n\nBien reçu.",
        ),
        (
            "windows mail, fr",
            "Provenance : Courrier pour Windows\n\nDe : Customer Care\nEnvoyé le :mardi 24 novembre 2026 09:15\nÀ : Zoë\nObjet :x\n\nBien reçu.",
        ),
        ("mutt", "On Tue, Nov 24, 2026 at 09:15:00AM +0100, Customer Care wrote:\n> We have it."),
        ("german", "Am 24.11.2026 um 09:15 schrieb Customer Care:\n> Wir haben es."),
        ("nobody is named", "> We have it.\n> Regards"),
        (
            "spaced quotes",
            "On 24/11/2026 09:15, Customer Care wrote:\n > We have it.\n > > Before.\n >> Before.",
        ),
    ];
    for (program, quote) in quotes {
        assert_eq!(reply(&format!("{NEW}\n\n{quote}\n")), NEW, "{program}");
        assert_eq!(reply(&format!("\n\n{quote}\n")), "", "{program}, nothing written");
    }
}

#[test]
fn answers_below_and_between_quotes_are_kept() {
    let below = "On 24/11/2026 09:15, Customer Care wrote:\n> Are the terminals back?\n\nYes, since 9:40.\n\n-- \nZoë";
    assert_eq!(reply(below), "Yes, since 9:40.");
    let between = "Le 24/11/2026 à 09:15, Customer Care a écrit :\n> Tous les magasins ?\n\nTous les 212.\n\n> Depuis quand ?\n\n08:40.\n";
    assert_eq!(reply(between), "Tous les 212.\n\n08:40.");
    let around = "See below.\n\nOn 24/11/2026 09:15, Customer Care wrote:\n> All shops?\nAll 212.\n> Since when?\n> > Since 8.\nSince 08:40.";
    assert_eq!(reply(around), "See below.\n\nAll 212.\n\nSince 08:40.");
}

#[test]
fn what_people_write_is_no_mark() {
    for text in [
        "Our client wrote:\nnothing works.",
        "Le directeur a écrit :\nplus rien ne marche.",
        "From: 8 to 10 nothing worked.\nTo: be honest, it still does not.",
        "De : rien",
        "On 24 November we lost all shops.\n\nThe bank wrote that it waits until noon.",
        "Steps:\n- restart\n- wait\n\n-- no effect --\n\nNothing helped.",
        "Original message\nis what the terminal shows.",
        "Sent from my desk was a note that nobody read, and the next morning all the terminals of all the shops were down, which we told you at once.",
        "This message and the next are shown on the terminal.",
        "Get three more people for Android",
        "Télécharger les factures pour mobile ne marche plus",
    ] {
        assert_eq!(first(text), text, "{text}");
    }
}

#[test]
fn signatures_and_notices_are_cut() {
    let ends = [
        "-- \nZoë Marchand\nHead of payments\n+33 1 23 45 67 89",
        "--\nZoë",
        "Sent from my iPhone",
        "Sent from my Galaxy S24",
        "Envoyé de mon iPhone",
        "Envoyé depuis mon mobile Orange",
        "Get Outlook for Android<https://aka.ms/AAb9ysg>",
        "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>",
        "Obtenez Outlook pour iOS",
        "Envoyé à partir d’Outlook pour Android",
        "Sent from Mail for Windows 10",
        "Envoyé avec la messagerie sécurisée Proton Mail.",
        "Sent via the Samsung Galaxy",
        "Sent with [Proton Mail](https://proton.me/mail/home) secure email.",
        "\u{2063}Télécharger BlueMail pour Android",
        "Get BlueMail for Android",
        "Download Spark Mail for iOS <https://sparkmailapp.com>",
        "________________________________\nCe message et toutes les pièces jointes sont confidentiels et établis à l'intention exclusive de ses destinataires.",
        "This e-mail and any attachments are confidential and intended solely for the addressee.\nIf you are not the intended recipient, delete it.\n\nPlease consider the environment.",
        "*CONFIDENTIALITY NOTICE*: this is privileged.",
        "Pensez à l'environnement avant d'imprimer ce message.",
    ];
    for end in ends {
        assert_eq!(first(&format!("{NEW}\n\n{end}\n")), NEW, "{end}");
    }
    assert_eq!(reply("Sent from my iPhone"), "");
    assert_eq!(first("Envoyé de mon iPhone\n"), "");
    assert_eq!(first("-- \nZoë Marchand\nHead of payments\n"), "");
}

#[test]
fn a_mail_that_is_only_passed_on_says_what_it_passes_on() {
    let heads = [
        "---------- Forwarded message ---------\nFrom: Bob <bob@customer.example>\nDate: Tue, Nov 24, 2026 at 8:40 AM\nSubject: Shops closed\nTo: Zoë <zoe@customer.example>\n\n\n",
        "---------- Forwarded message ---------\nDe : Bob <bob@customer.example>\nDate: mar. 24 nov. 2026 à 08:40\nSubject: Magasins\nTo: Zoë <zoe@customer.example>\n\n",
        "-------- Message transféré --------\nSujet : Magasins\nDate : Tue, 24 Nov 2026 08:40:00 +0100\nDe : Bob <bob@customer.example>\nPour : Zoë <zoe@customer.example>\n\n",
        "-------- Forwarded Message --------\nSubject: \tShops\nDate: \tTue, 24 Nov 2026 08:40:00 +0100\nFrom: \tBob <bob@customer.example>\nTo: \tZoë <zoe@customer.example>\n\n",
        "De : Bob <bob@customer.example>\nEnvoyé : mardi 24 novembre 2026 08:40\nÀ : Zoë <zoe@customer.example>\nObjet : Magasins\n\n",
        "________________________________\nDe : Bob <bob@customer.example>\nEnvoyé : mardi 24 novembre 2026 08:40\nÀ : Zoë\nCc : Ann\nObjet : Magasins\n\n",
        "-----Message d'origine-----\nDe : Bob\nEnvoyé : mardi 24 novembre 2026 08:40\nÀ : Zoë\nObjet : Magasins\n\n",
        "Début du message transféré :\n\nDe: Bob <bob@customer.example>\nObjet: Magasins\nDate: 24 novembre 2026 à 08:40:00 UTC+1\nÀ: Zoë <zoe@customer.example>\n\n",
        "Begin forwarded message:\n\nFrom: Bob <bob@customer.example>\nSubject: Shops\nDate: 24 November 2026 at 08:40:00 CET\nTo: Zoë <zoe@customer.example>\n\n",
    ];
    for head in heads {
        assert_eq!(forward(&format!("\n{head}{NEW}\n")), NEW, "{head}");
        assert_eq!(first(&format!("{head}{NEW}\n")), NEW, "no prefix: {head}");
        let courtesy = forward(&format!("FYI\n\nMerci d'escalader.\n\n{head}{NEW}\n"));
        assert_eq!(courtesy, format!("FYI\n\nMerci d'escalader.\n\n{NEW}"), "{head}");
        let reason = "The bank closes our account at noon.";
        assert_eq!(forward(&format!("{reason}\n\n{head}{NEW}\n")), reason, "{head}");
    }
    let quoted = "Begin forwarded message:\n\n> From: Bob <bob@customer.example>\n> Subject: Shops\n> Date: 24 November 2026 at 08:40:00 CET\n> To: Zoë <zoe@customer.example>\n> \n> The terminals are back.\n> \n> Since 9:40.\n";
    assert_eq!(forward(quoted), NEW);
}

#[test]
fn what_a_desk_wrote_says_nothing_when_it_is_passed_on() {
    let head = "Début du message réexpédié :\n\nDe: Care <care@example.com>\nObjet: [P1 INC-1001] escalade reçue\nDate: 24 novembre 2026\nÀ: Zoë <zoe@customer.example>\n\n";
    let letter = "Escalade reçue\n\nGrace vous écrit :\n> Nous avons trouvé la cause.\n\nÀ faire maintenant :\nrien.\n\n-- \nCustomer Care · envoyé automatiquement\npar Escalation Desk";
    let quoted: String = (head.to_owned() + letter).lines().map(|l| format!("> {l}\n")).collect();
    assert_eq!(forward(&format!("{head}{letter}\n")), "");
    assert_eq!(forward(&quoted), "");
    let again = "---------- Forwarded message ---------\nFrom: Bob <bob@customer.example>\nDate: Tue, Nov 24, 2026\nSubject: x\nTo: Zoë\n\n";
    assert_eq!(forward(&format!("{again}{head}{letter}\n")), "");
    assert_eq!(forward(&format!("{again}All is down.\n\n{head}{letter}\n")), "All is down.");
    assert_eq!(forward(&format!("All is down.\n\n{head}{letter}\n")), "All is down.");
    let attached = "Content-Type: multipart/mixed; boundary=b";
    let part = format!(
        "--b\nContent-Type: message/rfc822\n\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n{letter}\n--b--\n"
    );
    assert_eq!(plain(attached, &part).new_text, "");
}

#[test]
fn nothing_is_cut_so_far_that_nothing_is_left() {
    assert_eq!(
        first("> All 212 shops are closed.\n> Please help."),
        "All 212 shops are closed.\nPlease help."
    );
    let notice = "This e-mail and any attachments are confidential and intended for you.";
    assert_eq!(first(notice), notice);
}

#[test]
fn html_is_read_as_its_reader_sees_it() {
    let read = |body: &str| html("Subject: INC-1001", body).new_text;
    for (body, text) in [
        ("<p>The terminals are back.</p><p>Since 9:40.</p>", NEW),
        ("<div>The terminals are back.</div><div><br></div><div>Since 9:40.</div>", NEW),
        ("The terminals\n are   <b>back</b>.<br><br/>Since 9:40.", NEW),
        (
            "<p class=MsoNormal>The terminals are back.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>Since 9:40.</p>",
            NEW,
        ),
        (
            "<HTML><HEAD><TITLE>x</TITLE><STYLE>p { color: red }</STYLE></HEAD><BODY><P>a &lt;b&gt; &amp; c &eacute;&#233;&#xE9; &euro; &nope; &",
            "a <b> & c ééé € &nope; &",
        ),
        ("<script>if (a < b) { alert('</p>') }</script>seen", "seen"),
        ("<!-- <p>unseen</p> -->seen<![if !mso]>, too<![endif]>", "seen, too"),
        (
            "seen<div style=\"display: none; font-size:0\">unseen<div>unseen</div></div>, too",
            "seen, too",
        ),
        ("seen<span style='mso-hide:all'>unseen</span>", "seen"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        (
            "<table><tr><td>Case</td><td>4711</td></tr><tr><td>Since</td><td>9:40</td></tr></table>",
            "Case 4711\nSince 9:40",
        ),
        (
            "see <a href=\"https://example.com/a\">this page</a> or <a href='mailto:a@example.com'>write</a>",
            "see this page <https://example.com/a> or write",
        ),
        ("<a href=\"https://example.com/a\">https://example.com/a</a>", "https://example.com/a"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("<img src=x alt=logo>text<p", "text"),
        ("a&nbsp;b&zwnj;&#8203;&shy;c", "a b\u{200c}c"),
        (
            "<blockquote style=\"margin: 0 0 0 40px; border: none; padding: 0px;\">indented</blockquote>",
            "indented",
        ),
        ("<p title=\"a > b\">seen</p>", "seen"),
    ] {
        assert_eq!(read(body), text, "{body}");
    }
}

#[test]
fn quotes_in_html_are_cut() {
    let quotes = [
        (
            "gmail",
            r#"<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Nov 24, 2026 at 9:15 AM Customer Care &lt;<a href="mailto:care@example.com">care@example.com</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><div>We have it.</div></blockquote></div>"#,
        ),
        (
            "apple",
            r#"<br><blockquote type="cite"><div>Le 24 nov. 2026 à 09:15, Customer Care &lt;care@example.com&gt; a écrit :</div><br><div>Bien reçu.</div></blockquote>"#,
        ),
        (
            "outlook",
            r#"<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>De&nbsp;:</b> Customer Care &lt;care@example.com&gt; <br><b>Envoyé&nbsp;:</b> mardi 24 novembre 2026 09:15<br><b>À&nbsp;:</b> Zoë<br><b>Objet&nbsp;:</b> x</p></div><p class="MsoNormal">Bien reçu.</p>"#,
        ),
        (
            "outlook on the web",
            r#"<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font><b>Von:</b> Customer Care<br><b>Gesendet:</b> Dienstag<br><b>Betreff:</b> x</font></div><div>We have it.</div>"#,
        ),
        (
            "thunderbird",
            r#"<div class="moz-cite-prefix">Le 24/11/2026 à 09:15, Customer Care a écrit :<br></div><blockquote type="cite" cite="mid:x">Bien reçu.</blockquote>"#,
        ),
        (
            "yahoo",
            r#"<div id="yahoo_quoted_1" class="yahoo_quoted"><div>Le mardi 24 novembre 2026 à 09:15:00 UTC+1, Customer Care &lt;care@example.com&gt; a écrit : </div><div><br></div><div>Bien reçu.</div></div>"#,
        ),
        (
            "signature and gmail",
            r#"<span class="gmail_signature_prefix">-- </span><br><div class="gmail_signature">Zoë Marchand</div><div class="gmail_quote"><div class="gmail_attr">Le mar. 24 nov. 2026 à 09:15, Care &lt;care@example.com&gt; a écrit :</div><blockquote class="gmail_quote">Bien reçu.</blockquote></div>"#,
        ),
    ];
    for (program, quote) in quotes {
        let new =
            "<div dir=\"ltr\">The terminals are back.<div><br></div><div>Since 9:40.</div></div>";
        assert_eq!(html_reply(&format!("{new}{quote}")), NEW, "{program}");
        assert_eq!(html_reply(quote), "", "{program}, nothing written");
    }
    let below = r#"<blockquote type="cite">Are they back?</blockquote><div>Yes.</div><blockquote type="cite">All of them?</blockquote><div>All 212.</div>"#;
    assert_eq!(html_reply(below), "Yes.\n\nAll 212.");
}

#[test]
fn the_first_line_keeps_a_mail_internal() {
    for (text, new) in [
        ("#internal\nWho takes this?", "Who takes this?"),
        ("#interne\n\nQui prend ?", "Qui prend ?"),
        ("#Note: who takes this?", "who takes this?"),
        ("\n\n#INTERNAL\n", ""),
    ] {
        let mail = plain("Subject: Re: x", text);
        assert!(mail.internal, "{text}");
        assert_eq!(mail.new_text, new, "{text}");
    }
    for text in ["Who takes this? #internal", "#internals are broken", "> #internal\nno"] {
        assert!(!plain("Subject: Re: x", text).internal, "{text}");
    }
}

#[test]
fn all_text_is_kept_beside_the_new() {
    let mail =
        plain("Subject: Re: x", "Yes.\n\nOn 24/11/2026 09:15, Care wrote:\n> Is INC-1001 back?\n");
    assert_eq!(mail.whole_text, "Yes.\n\nOn 24/11/2026 09:15, Care wrote:\n> Is INC-1001 back?");
}
