//! Where people put numbers, and what only looks like one.

use super::*;
use crate::incident::values::Invalid;

fn found(text: &str) -> Option<String> {
    find_in(text, &NumberPattern::default()).map(String::from)
}

/// A text, and the number in it.
#[rustfmt::skip]
const NAMED: &[(&str, &str)] = &[
    // English.
    ("case 00123456", "00123456"),
    ("Case #00123456 needs attention", "00123456"),
    ("case number: 00123456", "00123456"),
    ("Case No. 00123456", "00123456"),
    ("case no 00123456 is still open", "00123456"),
    ("Case ID 00123456", "00123456"),
    ("incident INC-1001", "INC-1001"),
    ("Incident number is INC-1001.", "INC-1001"),
    ("Please escalate incident INC-1", "INC-1"),
    ("INC-1001.", "INC-1001"),
    ("INC-1001, INC-1002", "INC-1001"),
    ("(INC-1001)", "INC-1001"),
    ("\"INC-1001\"", "INC-1001"),
    ("*INC-1001*", "INC-1001"),
    ("_INC-1001_", "INC-1001"),
    ("INC-1001!", "INC-1001"),
    ("INC-1001/P1", "INC-1001"),
    ("INC-1001: shops closed", "INC-1001"),
    ("INC-1001-urgent", "INC-1001"),
    ("INC-1001.pdf attached", "INC-1001"),
    ("INC-1001…", "INC-1001"),
    ("Re: INC-1001", "INC-1001"),
    ("(#4711)", "4711"),
    ("ticket:4711", "4711"),
    ("ticket 4711", "4711"),
    ("ticket=4711", "4711"),
    ("Ticket ID: 4711", "4711"),
    ("tickets 4711 and 4712", "4711"),
    ("the case 4711 is open", "4711"),
    ("Numéro(s) : 4711", "4711"),
    ("[#4711] Your request", "4711"),
    ("your ref: 4711", "4711"),
    ("Ref. 4711", "4711"),
    ("ref.4711", "4711"),
    ("no.4711", "4711"),
    ("No. 4711", "4711"),
    ("request number 4711", "4711"),
    ("SR 4711", "4711"),
    ("Re: [P1 INC-1001] escalation received", "INC-1001"),
    ("RE: [P1 INC-1001] escalade reçue, réponse avant 10:15 · Payments fail", "INC-1001"),
    ("[INC-1001]", "INC-1001"),
    ("Re: [P2 INC-1001] update · ticket 4711 of our own", "INC-1001"),
    ("INC0012345", "INC0012345"),
    ("SR-123456", "SR-123456"),
    ("P1-BCD2345F", "P1-BCD2345F"),
    ("Incident number:\n00123456\n", "00123456"),
    ("Incident number:\n\n  INC-1001", "INC-1001"),
    ("the incident (00123456) has no answer", "00123456"),
    ("incident inc-1001", "INC-1001"),
    ("inc-1001", "INC-1001"),
    ("Inc-1001 is down again", "INC-1001"),
    ("incident 0123456789", "0123456789"),
    ("case 4711, opened on 2026-11-24", "4711"),
    ("On 2026-11-24 we opened case 4711.", "4711"),
    ("order 815 is late, see ticket 4711", "4711"),
    ("call +33 1 23 45 67 89 about case 4711", "4711"),
    ("ISO-9001 audit at risk because of INC-1001", "INC-1001"),
    ("COVID-19 hotline down, INC-1001", "INC-1001"),
    ("ABC-12 first, but the incident is INC-1001", "INC-1001"),
    ("> > incident INC-1001", "INC-1001"),
    ("in case 00123456 nobody answers", "00123456"),
    ("incident\tINC-1001", "INC-1001"),
    ("incident\u{a0}INC-1001", "INC-1001"),
    ("https://example.com/cases/1 is about case 4711", "4711"),
    ("ticket #2026", "2026"),
    ("ticket 4711 24/11/2026", "4711"),
    ("issue #4711", "4711"),
    // Hyphens that Word has turned, and joiners that came along.
    ("incident INC\u{2011}1001", "INC-1001"),
    ("incident INC\u{2010}1001", "INC-1001"),
    ("incident INC\u{2212}1001", "INC-1001"),
    ("incident INC–1001", "INC-1001"),
    ("P1–BCD2345F", "P1-BCD2345F"),
    ("INC–1001–urgent", "INC-1001"),
    ("INC-1001–1005", "INC-1001"),
    ("ticket 4711–4715", "4711"),
    ("case 4711—nobody answers", "4711"),
    ("incident INC-10\u{200d}01", "INC-1001"),
    ("INC\u{200c}-1001", "INC-1001"),
    // What is joined to it.
    ("INC-1001%0d%0aBcc:%20a@b.example", "INC-1001"),
    ("INC-1001%0d%0aa@b.example", "INC-1001"),
    ("INC-1001:ada@acme.example", "INC-1001"),
    ("INC-1001(ada@acme.example)", "INC-1001"),
    // French.
    ("incident n° INC-1001", "INC-1001"),
    ("Incident n°INC-1001", "INC-1001"),
    ("incident nº 4711", "4711"),
    ("n°4711", "4711"),
    ("N° 4711", "4711"),
    ("dossier n°4711", "4711"),
    ("dossier n° 4711", "4711"),
    ("Dossier : 4711", "4711"),
    ("le dossier 00123456", "00123456"),
    ("votre dossier numéro 4711", "4711"),
    ("numéro de dossier : 4711", "4711"),
    ("numéro d’incident : INC-1001", "INC-1001"),
    ("mon numéro d'incident est le 4711", "4711"),
    ("demande 4711", "4711"),
    ("demande n° 4711", "4711"),
    ("réf. 4711", "4711"),
    ("Réf : 4711", "4711"),
    ("notre référence 4711", "4711"),
    ("nr 4711", "4711"),
    ("escalade de l’incident INC-1001", "INC-1001"),
    ("Merci d'escalader INC-1001", "INC-1001"),
    ("merci d'escalader le ticket 00123456 svp", "00123456"),
    ("L'incident INC-1001 du 24/11/2026", "INC-1001"),
    ("commande 815 bloquée : incident n° 4711", "4711"),
    ("TR : INC-1001 magasins fermés", "INC-1001"),
    ("au cas 00123456", "00123456"),
    ("l’incident « INC-1001 »", "INC-1001"),
];

/// Texts that name none.
#[rustfmt::skip]
const NONE: &[&str] = &[
    "", "nothing here", "00123456", "4711",
    // Dates and times.
    "2026-11-24", "24/11/2026", "24.11.2026", "11/24/2026 at 10:30", "le 24 novembre 2026",
    "since 2026", "incident of 24/11/2026", "incident 2026-11-24", "incident du 24.11.2026 à 10:30",
    "Incident 2026", "mid-2026", "20261124T081500Z",
    // Phones.
    "+33 1 23 45 67 89", "0123456789", "Tel: 0123456789", "Tél. : 01 23 45 67 89",
    "n° de téléphone 0123456789", "+33123456789", "phone number 0123456789",
    "au n° 0033 1 23 45 67 89",
    // Prices and quantities.
    "1,200.00 EUR", "4711 €", "$4711", "€ 4711", "EUR 4711", "90,000 EUR an hour",
    "demande 5000 euros", "ticket 5000 users", "no 1200 users", "100%", "1 200 000 clients",
    // Versions, addresses, links.
    "v2.10.1", "version 4711", "release 2026.11", "192.168.10.1", "10.0.0.1:8080",
    "https://example.com/incident/4711", "see www.example.com/INC-1001", "<INC-1001@example.com>",
    "case-4711@example.com", "incident+4711@example.com",
    // Other numbers.
    "order 4711", "order #4711", "order number 4711", "commande 4711", "commande n° 4711",
    "n° de commande 4711", "invoice 4711", "invoice INV-4711", "facture n° 4711", "devis 4711",
    "contrat n°4711", "account 4711", "serial number 4711", "error code 4711", "Error 4711",
    "PO-4711", "room 4711", "75001 Paris", "BP 4711",
    "le conteneur MSKU-7712345", "le vol AF-1234", "flight AF-1234", "serial CN-00417733",
    "both HP-4250 printers", "SQL-2019", "train 4711",
    // Ids and links.
    "a+INC-1001%x@b.example", "=INC-1001@b.example", "https://example.com/INC-1001",
    // Letters that the policy does not spell out, and digits.
    "INC 1001", "Windows 2019", "tv-55", "Payments–2026",
    // Words.
    "COVID-19", "ISO-9001", "ISO-27001", "UTF-8", "SHA-256", "RFC-3834", "CVE-2026-12345", "TLS-1",
    "GPT-4", "FR12345678901", "top-10", "tier-1", "in case 1000 shops are closed",
    "in this case 5000 people wait", "au cas où 1000 clients appellent", "x-INC-1001x", "éINC-1001",
    "A-A-A-A-A-A-A-A", "P1-incident", "P1-CRITICAL",
];

#[test]
fn numbers_are_found_where_people_put_them() {
    let wrong = NAMED.iter().filter(|(text, number)| found(text).as_deref() != Some(number));
    let wrong: Vec<_> = wrong.map(|(text, number)| (text, number, found(text))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_only_looks_like_a_number_is_not_taken() {
    let wrong: Vec<_> = NONE.iter().filter_map(|text| Some((text, found(text)?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(NAMED.len() + NONE.len() >= 80);
}

#[test]
fn the_subject_comes_first_then_the_new_text_then_the_rest() {
    let mail = |subject: &str, new: &str, whole: &str| {
        let raw = format!("From: a@example.com\nSubject: {subject}\n\n{new}\n\n> {whole}\n");
        find(
            &crate::inbound::reading::read(raw.as_bytes(), "a@example.com"),
            &NumberPattern::default(),
        )
        .map(String::from)
    };
    assert_eq!(mail("INC-1", "incident INC-2", "incident INC-3").as_deref(), Some("INC-1"));
    assert_eq!(mail("help", "incident INC-2", "incident INC-3").as_deref(), Some("INC-2"));
    assert_eq!(mail("help", "nothing", "incident INC-3").as_deref(), Some("INC-3"));
    assert_eq!(mail("help", "nothing", "nothing"), None);
}

const SHIPPED: &str = "INC-?[0-9]{1,12}|[0-9]{4,12}|P1-[B-DF-HJ-NP-TV-Z0-9]{8}";

#[test]
fn a_blank_may_stand_for_the_hyphen_of_letters_that_the_policy_spells_out() {
    let find = |pattern: &str, text: &str| {
        find_in(text, &pattern.parse::<NumberPattern>().unwrap()).map(String::from)
    };
    for text in ["incident INC 1001 svp", "INC 1001", "INC\u{2011}1001", "(INC 1001)", "INC 1001."]
    {
        assert_eq!(find(SHIPPED, text).as_deref(), Some("INC-1001"), "{text}");
    }
    assert_eq!(find("INC[0-9]{7}", "INC 0012345").as_deref(), Some("INC0012345"));
    for text in [
        "INC 10",
        "INC 1001 234",
        "INC 1001,50",
        "INC 1001 €",
        "INC  1001",
        "INC 1001a",
        "inc 1001",
        "INC 1001-2",
        "Acme Inc 1001 Main Street",
        "P1 2026",
        "FIFO 1001",
        "INC\n1001",
    ] {
        assert_eq!(find(SHIPPED, text), None, "{text}");
    }
}

#[test]
fn all_that_a_mail_may_name_come_by_how_likely_they_are() {
    let all = |subject: &str, text: &str| {
        let raw = format!("From: a@example.com\nSubject: {subject}\n\n{text}\n");
        let mail = crate::inbound::reading::read(raw.as_bytes(), "a@example.com");
        let all = super::all(&mail, &SHIPPED.parse().unwrap());
        all.into_iter().map(String::from).collect::<Vec<_>>().join(" ")
    };
    for (subject, text, numbers) in [
        ("help", "nothing", ""),
        ("[#8841] Escalade", "le dossier 00123456, incident 8841", "8841 00123456"),
        ("INC-2", "as INC-1, and incident INC-3\n\n> case INC-4", "INC-2 INC-3 INC-1 INC-4"),
        ("INC-1", "see https://portal.example.com/incidents/INC-2?from=INC-1", "INC-1 INC-2"),
        ("help", "https://portal.example.com/incidents/INC-2/notes#INC-3", "INC-2 INC-3"),
        ("help", "https://links.example/?url=https%3A%2F%2Fa.example%2FINC%2D2&x=1", "INC-2"),
        ("help", "https://a.example/4711/inc-2/ABC-2/XINC-2 https://INC-2.example", ""),
    ] {
        assert_eq!(all(subject, text), numbers, "{subject}: {text}");
    }
    let many: String = (1..100).map(|n| format!("INC-{n} https://a.example/INC-{n} ")).collect();
    assert_eq!(all("help", &many), "INC-1 INC-2 INC-3 INC-4 INC-5 INC-6 INC-7 INC-8");
}

#[test]
fn a_policy_says_what_numbers_look_like() {
    let find = |pattern: &str, text: &str| {
        find_in(text, &pattern.parse::<NumberPattern>().unwrap()).map(String::from)
    };
    assert_eq!(find("INC-[0-9]+", "ABC-1 and INC-2").as_deref(), Some("INC-2"));
    assert_eq!(find("inc-[0-9]+", "see inc-2").as_deref(), Some("inc-2"));
    assert_eq!(find("INC-[0-9]+", "case 4711"), None);
    assert_eq!(find("(?i:INC)-\\d+", "see Inc-2").as_deref(), Some("Inc-2"));
    assert_eq!(find("[0-9]{2}\\.[0-9]{4}", "case 12.3456").as_deref(), Some("12.3456"));
    assert_eq!(find("CS-[0-9]+", "CS-1 is open").as_deref(), Some("CS-1"), "spelled out");
    assert_eq!(find("CS-[0-9]+", "cs-1 is open").as_deref(), Some("CS-1"), "spelled out");
    assert_eq!(find("[A-Z]{3}_\\d{6}", "ABC_123456").as_deref(), Some("ABC_123456"));
}

#[test]
fn a_pattern_that_could_match_something_else_is_refused() {
    for good in [
        DEFAULT,
        "INC-[0-9]+",
        "\\d{8}",
        "[A-Z]{2,4}\\d+",
        "(?:INC|REQ)-\\d+",
        "[0-9.]+",
        "\\bINC\\d+\\b",
        "[\\dA-F-]+x",
    ] {
        assert!(
            good.parse::<NumberPattern>().is_ok(),
            "{good} {:?}",
            good.parse::<NumberPattern>()
        );
    }
    for bad in [
        "",
        "INC.*",
        "[^0-9]+",
        "(INC)-\\d+",
        "\\S+",
        "\\D",
        "INC \\d+",
        "INC#\\d+",
        "é+",
        "\\d*",
        "(?:",
        "[0-9",
        "a|",
        "[A-z]+",
        "[ -~]+",
        "[!-z]",
        "(?s:.)",
        "x{1,9999999}",
        "\\",
        "[\\s]",
        "[[:alpha:]]",
        "$",
        "^a",
        "[a&&b]",
        "(?<n>a)",
        "(?P<n>a)",
        "+",
        "[+-a]",
    ] {
        assert!(matches!(bad.parse::<NumberPattern>(), Err(Invalid(_))), "{bad}");
    }
}

#[test]
fn a_pattern_goes_through_json_as_its_text() {
    let pattern = NumberPattern::default();
    let json = serde_json::to_string(&pattern).unwrap();
    assert_eq!(serde_json::from_str::<NumberPattern>(&json).unwrap(), pattern);
}

proptest::proptest! {
    #[test]
    fn whatever_is_found_is_a_number_that_stands_in_the_text(text in "([a-z]{0,8}[ #:°.,/@-]{0,2}|INC-[0-9]{1,4}|[0-9]{4,8}|case |n° |\\PC){0,12}") {
        if let Some(number) = found(&text) {
            let text = tokens::plain(&text);
            proptest::prop_assert!(text.to_ascii_uppercase().contains(&number.to_ascii_uppercase()));
        }
    }
}
