//! Nothing gets past a token but the token itself.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::incident::values::Language;
use crate::links::token::Action;

const ONE: &str = "first-key-first-key-first-key-first-key";
const TWO: &str = "second-key-second-key-second-key-second-key";

fn keys(current: (&str, &str), previous: Option<(&str, &str)>) -> LinkKeys {
    let mut json = serde_json::json!({ "key_id": current.0, "key": current.1 });
    if let Some((id, key)) = previous {
        json["previous_key_id"] = id.into();
        json["previous_key"] = key.into();
    }
    LinkKeys::read(&json.to_string()).unwrap()
}

fn now() -> Timestamp {
    "2026-11-24T08:15:00Z".parse().unwrap()
}

fn link(action: Action) -> Link {
    Link {
        incident: "INC-1042".parse().unwrap(),
        recipient: "triage@example.com".parse().unwrap(),
        language: Language::Fr,
        action,
        expires_at: now() + SignedDuration::from_hours(1),
    }
}

fn any_link() -> impl Strategy<Value = Link> {
    let action = (0..4, any::<u32>()).prop_map(|(action, escalation)| match action {
        0 => Action::Acknowledge { escalation },
        1 => Action::Resume { escalation },
        2 => Action::View,
        _ => Action::Escalate,
    });
    let number = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
    let recipient = "[a-z0-9.+-]{1,20}@([a-z0-9]{1,20}\\.){1,4}[a-z]{2,9}"
        .prop_filter_map("an address", |text| text.parse().ok());
    let expires = 1_i64..250_000_000_000;
    (action, number, recipient, any::<bool>(), expires).prop_map(
        |(action, number, recipient, fr, expires)| Link {
            incident: number.parse().unwrap(),
            recipient,
            language: if fr { Language::Fr } else { Language::En },
            action,
            expires_at: Timestamp::from_second(expires).unwrap(),
        },
    )
}

proptest! {
    #[test]
    fn every_link_comes_back_as_it_was_signed(link in any_link()) {
        let keys = keys(("1", ONE), None);
        let token = keys.sign(&link);
        let before = link.expires_at - SignedDuration::from_secs(1);
        prop_assert_eq!(keys.verify(&token, before), Ok(link.clone()));
        prop_assert_eq!(&token, &keys.sign(&link), "the same link, the same token");
        let url_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        prop_assert!(token.bytes().all(url_safe), "{}", token);
    }

    #[test]
    fn whatever_is_no_token_is_refused(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        use base64::Engine;
        let keys = keys(("1", ONE), None);
        let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        prop_assert!(keys.verify(&text, now()).is_err());
        prop_assert!(keys.verify(&encoded, now()).is_err());
    }

    #[test]
    fn a_token_with_a_character_changed_left_out_or_added_is_refused(
        link in any_link(), place in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]",
    ) {
        let keys = keys(("1", ONE), None);
        let token = keys.sign(&link);
        let before = Timestamp::UNIX_EPOCH;
        let at = place.index(token.len());
        let (head, tail) = token.split_at(at);
        for changed in [
            format!("{head}{other}{}", &tail[1..]),
            format!("{head}{}", &tail[1..]),
            format!("{head}{other}{tail}"),
            head.to_owned(),
            format!("{token}="),
        ] {
            if changed != token {
                prop_assert!(keys.verify(&changed, before).is_err(), "{}", changed);
            }
        }
    }

    #[test]
    fn the_proof_of_one_link_is_none_of_another(one in any_link(), other in any_link()) {
        prop_assume!(one != other);
        let keys = keys(("1", ONE), None);
        // 16 bytes are 22 characters, the first of which may hold bits of what is before.
        let (one, other) = (keys.sign(&one), keys.sign(&other));
        let swapped = format!("{}{}", &one[..one.len() - 21], &other[other.len() - 21..]);
        prop_assert!(keys.verify(&swapped, Timestamp::UNIX_EPOCH).is_err());
    }
}

#[test]
fn a_link_is_refused_from_its_expiry_on_and_says_what_it_was() {
    let keys = keys(("1", ONE), None);
    let link = link(Action::Acknowledge { escalation: 1 });
    let token = keys.sign(&link);
    let second = SignedDuration::from_secs(1);
    assert_eq!(keys.verify(&token, link.expires_at - second), Ok(link.clone()));
    assert_eq!(keys.verify(&token, link.expires_at), Err(LinkRefused::Expired(link)));
}

#[test]
fn a_changed_key_keeps_the_links_of_the_one_before_it_and_no_older_ones() {
    let link = link(Action::View);
    let first = keys(("1", ONE), None);
    let second = keys(("2", TWO), Some(("1", ONE)));
    let third = keys(("3", "third-key-third-key-third-key-third-key"), Some(("2", TWO)));
    let old = first.sign(&link);
    assert_eq!(second.verify(&old, now()), Ok(link.clone()));
    assert_eq!(third.verify(&old, now()), Err(LinkRefused::UnknownKey));
    let new = second.sign(&link);
    assert_ne!(new, old, "the current key signs");
    assert_eq!(second.verify(&new, now()), Ok(link.clone()));
    assert_eq!(third.verify(&new, now()), Ok(link));
    assert_eq!(first.verify(&new, now()), Err(LinkRefused::UnknownKey));
}

#[test]
fn another_key_under_the_same_id_does_not_do() {
    let token = keys(("1", ONE), None).sign(&link(Action::View));
    assert_eq!(keys(("1", TWO), None).verify(&token, now()), Err(LinkRefused::Forged));
}

#[test]
fn tokens_are_short_enough_for_an_email() {
    let token = keys(("1", ONE), None).sign(&link(Action::Acknowledge { escalation: 1 }));
    assert_eq!(token.len(), 80, "{token}");
}

#[test]
fn every_mistake_in_the_keys_is_told_by_name_and_no_key_is_shown() {
    let secret = "sesame-sesame-sesame-sesame-sesame";
    for (text, said) in [
        ("", vec![": must be JSON such as {\"key_id\": \"1\", \"key\": \"<random>\"}"]),
        ("sesame", vec![": must be JSON"]),
        ("\"sesame\"", vec!["must be"]),
        ("{}", vec!["/key_id: is missing", "/key: is missing"]),
        (r#"{"key_id": "1", "key": "sesame"}"#, vec!["/key: must be 32 to 512 bytes long"]),
        (
            r#"{"key_id": "a b", "key": 5}"#,
            vec!["/key_id: must be 1 to 16 characters", "/key: must be"],
        ),
        (
            r#"{"key_id": "1", "key": "SECRET", "previous_key_id": "1", "previous_key": "SECRET"}"#,
            vec!["/previous_key_id: must not be the same", "/previous_key: must not be the same"],
        ),
        (
            r#"{"key_id": "2", "key": "SECRET", "previous_key": "SECRET x"}"#,
            vec!["/previous_key_id: is missing"],
        ),
        (
            r#"{"key_id": "2", "key": "SECRET", "previous_key_id": "1"}"#,
            vec!["/previous_key: is missing"],
        ),
        (r#"{"key_id": "1", "key": "SECRET", "kye": "SECRET"}"#, vec!["/kye: is not known here"]),
    ] {
        let wrong = LinkKeys::read(&text.replace("SECRET", secret)).unwrap_err().to_string();
        for part in said {
            assert!(wrong.contains(part), "{text}: {wrong}");
        }
        assert!(!wrong.contains("sesame"), "{wrong}");
    }
}

#[test]
fn keys_are_not_in_debug_output() {
    let shown = format!("{:?}", keys(("2", TWO), Some(("1", ONE))));
    assert_eq!(shown, r#"LinkKeys { current: "2", previous: Some("1"), .. }"#);
}
