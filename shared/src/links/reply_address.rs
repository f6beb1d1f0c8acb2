//! Addresses at which one thread is written back to: the policy's reply address with a signed mark.
//!
//! `care+uinc-1-0123456789abcdef@example.com`: how the thread is written, the thread, and the first
//! 64 bits of an HMAC-SHA-256. Whoever has such an address was sent an e-mail of the thread, or had one
//! passed on; who writes to it is told by SES's verdicts and never by the address. It does not expire:
//! people write back to old e-mails. Some mail systems write local parts in lower case, so the mark has
//! no capitals.

use super::keys::LinkKeys;
use super::token;
use crate::email::Thread;
use crate::incident::values::EmailAddress;
use crate::policy::Inbound;

/// The longest local part (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;
/// 64 bits, in hexadecimal.
pub(super) const MAC_DIGITS: usize = 16;

/// How a thread is written in a mark.
const UPPER: char = 'u';
const PLAIN: char = 'p';
const HEX: char = 'h';
const MAIL: char = 'm';

/// The address at which a thread is written back to; `None` when its number is too long for one, and
/// for the quarantine, to which nobody writes back.
pub(super) fn address(inbound: &Inbound, thread: &Thread, keys: &LinkKeys) -> Option<EmailAddress> {
    let (local, domain) = inbound.reply_address.as_str().rsplit_once('@')?;
    let mark = mark(thread)?;
    let mac = keys.mac_of_mark(&mark);
    let address = format!("{local}+{mark}-{mac}");
    (address.len() <= LONGEST_LOCAL).then(|| format!("{address}@{domain}").parse().ok())?
}

/// What a mark claims, if it is one.
pub(super) fn claimed(tag: &str) -> Option<(Thread, String, String)> {
    let tag = tag.to_ascii_lowercase();
    let (mark, mac) = tag.rsplit_once('-')?;
    if mac.len() != MAC_DIGITS {
        return None;
    }
    Some((thread(mark)?, mark.to_owned(), mac.to_owned()))
}

fn mark(thread: &Thread) -> Option<String> {
    let (form, text) = match thread {
        Thread::Quarantine => return None,
        Thread::Mail(id) => (MAIL, id.as_str()),
        Thread::Incident(number) => (UPPER, number.as_str()),
    };
    // Two dots in a row may not stand in an address.
    let is_plain = !text.contains("..") && !text.bytes().any(|b| b.is_ascii_uppercase());
    let is_upper = !text.contains("..") && !text.bytes().any(|b| b.is_ascii_lowercase());
    Some(match form {
        MAIL if is_plain => format!("{MAIL}{text}"),
        MAIL => return None,
        _ if is_plain => format!("{PLAIN}{text}"),
        _ if is_upper => format!("{UPPER}{}", text.to_ascii_lowercase()),
        _ => format!("{HEX}{}", text.bytes().map(|b| format!("{b:02x}")).collect::<String>()),
    })
}

fn thread(mark: &str) -> Option<Thread> {
    let form = mark.chars().next()?;
    let text = &mark[form.len_utf8()..];
    let number = match form {
        MAIL => return text.parse().ok().map(Thread::Mail),
        PLAIN => text.to_owned(),
        UPPER => text.to_ascii_uppercase(),
        HEX => String::from_utf8(token::bytes(text)?).ok()?,
        _ => return None,
    };
    number.parse().ok().map(Thread::Incident)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYS: &str = r#"{"key_id": "2", "key": "a key of the tests, and of nobody else",
        "previous_key_id": "1", "previous_key": "the key before it, which is known to nobody"}"#;

    fn inbound() -> Inbound {
        let policy = include_str!("../../../infra/policy.toml");
        crate::policy::Policy::read(policy).unwrap().inbound.unwrap()
    }

    fn keys() -> LinkKeys {
        LinkKeys::read(KEYS).unwrap()
    }

    fn read(address: &str, keys: &LinkKeys) -> Option<Thread> {
        keys.thread_of_tag(inbound().tag_of(address)?)
    }

    #[test]
    fn an_address_leads_back_to_its_thread_whatever_became_of_its_case() {
        for thread in [
            "INC-1001",
            "inc-1001",
            "Inc-1001",
            "00123456",
            "a..b",
            "A.B_C",
            "_d6iitobk75ur44p8kdnnp7g2n800",
            // As long as SES's ids are.
            "_o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1",
        ] {
            let thread: Thread = thread.parse().unwrap();
            let address = address(&inbound(), &thread, &keys()).unwrap();
            for written in [address.as_str().to_owned(), address.as_str().to_ascii_uppercase()] {
                assert_eq!(read(&written, &keys()), Some(thread.clone()), "{written}");
            }
        }
    }

    #[test]
    fn an_address_of_the_key_before_is_still_good_and_one_of_another_is_not() {
        let thread: Thread = "INC-1001".parse().unwrap();
        let with =
            |key: &str| LinkKeys::read(&format!(r#"{{"key_id": "9", "key": "{key}"}}"#)).unwrap();
        let before = with("the key before it, which is known to nobody");
        let other = with("a key that is none of the desk's own keys");
        let of = |keys: &LinkKeys| address(&inbound(), &thread, keys).unwrap();
        assert_eq!(read(of(&before).as_str(), &keys()), Some(thread.clone()));
        assert_eq!(read(of(&other).as_str(), &keys()), None);
    }

    #[test]
    fn a_mark_has_one_spelling() {
        // Found by the fuzzer: a sign in place of a zero.
        assert_eq!((token::byte("04"), token::byte("+4"), token::byte("4")), (Some(4), None, None));
        let thread: Thread = "INC-1001".parse().unwrap();
        let address = address(&inbound(), &thread, &keys()).unwrap();
        let tag = inbound().tag_of(address.as_str()).unwrap().to_owned();
        assert_eq!(keys().thread_of_tag(&tag), Some(thread));
        for (at, _) in tag.match_indices('0') {
            let spelled = format!("{}+{}", &tag[..at], &tag[at + 1..]);
            assert_eq!(keys().thread_of_tag(&spelled), None, "{spelled}");
        }
    }

    #[test]
    fn a_number_too_long_for_an_address_has_none_and_nobody_writes_to_the_quarantine() {
        let long: Thread = "X".repeat(64).parse().unwrap();
        assert_eq!(address(&inbound(), &long, &keys()), None);
        assert_eq!(address(&inbound(), &Thread::Quarantine, &keys()), None);
    }

    proptest! {
        #[test]
        fn every_number_that_has_an_address_is_read_from_it(number in "[A-Za-z0-9][A-Za-z0-9._-]{0,63}") {
            let thread: Thread = number.parse().unwrap();
            if let Some(address) = address(&inbound(), &thread, &keys()) {
                prop_assert_eq!(read(address.as_str(), &keys()), Some(thread));
            }
        }

        #[test]
        fn an_address_that_was_changed_is_not_believed(at in 0usize..34, to in "[a-z0-9]") {
            let thread: Thread = "INC-1001".parse().unwrap();
            let address = address(&inbound(), &thread, &keys()).unwrap();
            let tag = inbound().tag_of(address.as_str()).unwrap().to_owned();
            let at = at % tag.len();
            let changed = format!("{}{to}{}", &tag[..at], &tag[at + 1..]);
            prop_assume!(changed != tag);
            prop_assert_eq!(keys().thread_of_tag(&changed), None);
        }

        #[test]
        fn whatever_stands_behind_the_plus_nothing_panics(tag in "\\PC{0,80}") {
            prop_assert_eq!(keys().thread_of_tag(&tag), None);
        }
    }
}
