//! The contract of a store, continued: accounts and what they remember.

use std::sync::Arc;

use desk_tests::dynamodb::TestDynamoDb;
use jiff::{SignedDuration, Timestamp};
use shared::account::{Account, AccountManager};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Change, Command};
use shared::store::dynamodb::DynamoDbStore;
use shared::store::{Committed, DueTarget, Store, StoreError};

use crate::contract::{decided, due, later, now, only};

pub(crate) fn account(version: u64) -> Account {
    Account {
        id: "ACME".parse().unwrap(),
        version,
        name: "Acme é".parse().unwrap(),
        account_manager: AccountManager {
            name: "Mary".parse().unwrap(),
            email: "mary@desk.example".parse().unwrap(),
            language: None,
        },
        domains: vec!["acme.example".parse().unwrap()],
        language: Some(shared::incident::values::Language::Fr),
        recurrence_noticed_at: None,
    }
}

pub(crate) fn opened(number: &str, minutes_ago: i64) -> Change {
    let command = Command::Open {
        number: number.parse().unwrap(),
        priority: Priority::P1,
        channel: Channel::Phone,
        summary: "Checkout is down".parse().unwrap(),
        customer: Customer {
            name: "Ada".parse().unwrap(),
            email: "ada@acme.example".parse().unwrap(),
            language: None,
            account: Some("ACME".parse().unwrap()),
        },
        received_at: Some(now() - SignedDuration::from_mins(minutes_ago)),
        by_mail: None,
    };
    decided(None, command, now())
}

pub(crate) fn resolved(change: &Change) -> Change {
    let by = "Grace".parse().unwrap();
    decided(Some(&change.incident), Command::Resolve { by, note: None }, later(60))
}

pub async fn an_account_is_written_on_the_version_before(store: impl Store) {
    let id = account(1).id;
    assert_eq!(store.load_account(&id).await.unwrap(), None);
    store.put_account(&account(1), None).await.unwrap();
    assert_eq!(store.load_account(&id).await.unwrap(), Some(account(1)));
    for wrong in [1, 3] {
        let lost = store.put_account(&account(wrong), None).await;
        assert!(matches!(lost, Err(StoreError::Conflict)), "version {wrong}: {lost:?}");
    }
    store.put_account(&account(2), Some(&account(1))).await.unwrap();
    assert_eq!(store.load_account(&id).await.unwrap(), Some(account(2)));
}

pub async fn a_domain_is_one_accounts(store: impl Store) {
    let of = |id: &str, version: u64, domains: &[&str]| Account {
        id: id.parse().unwrap(),
        domains: domains.iter().map(|domain| domain.parse().unwrap()).collect(),
        ..account(version)
    };
    let whose = async |domain: &str| {
        let account = store.account_of(&domain.parse().unwrap()).await.unwrap();
        account.map(|id| id.to_string())
    };
    assert_eq!(whose("acme.example").await, None);
    let first = of("ACME", 1, &["acme.example", "acme.test"]);
    store.put_account(&first, None).await.unwrap();
    let (acme, other) = (Some("ACME".to_owned()), Some("OTHER".to_owned()));
    assert_eq!(
        (whose("acme.example").await, whose("acme.test").await),
        (acme.clone(), acme.clone())
    );
    assert_eq!(whose("x.acme.example").await, None, "a domain is not those below it");

    // Taken: all stays as it was.
    let taken = of("OTHER", 1, &["other.example", "acme.test"]);
    let lost = store.put_account(&taken, None).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    assert_eq!(
        (whose("other.example").await, store.load_account(&taken.id).await.unwrap()),
        (None, None)
    );

    // Given up, it is nobody's, and another account's next.
    let second = of("ACME", 2, &["acme.example", "acme.org"]);
    store.put_account(&second, Some(&first)).await.unwrap();
    assert_eq!((whose("acme.test").await, whose("acme.org").await), (None, acme.clone()));
    store.put_account(&taken, None).await.unwrap();
    assert_eq!(whose("acme.test").await, other);

    // An account of a time at which the desk did not know whose domains are has lost one since.
    let had_more = of("ACME", 2, &["acme.example", "acme.org", "acme.test"]);
    let third = of("ACME", 3, &["acme.example"]);
    store.put_account(&third, Some(&had_more)).await.unwrap();
    assert_eq!((whose("acme.test").await, whose("acme.org").await), (other, None));
    // On another version, no domain moves either.
    let late = store.put_account(&of("ACME", 3, &[]), Some(&third)).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(whose("acme.example").await, acme);
}

pub async fn all_domains_of_an_account_can_be_exchanged_at_once(store: impl Store) {
    let of = |version: u64, name: &str| Account {
        domains: (0..20).map(|n| format!("{name}{n}.example").parse().unwrap()).collect(),
        ..account(version)
    };
    store.put_account(&of(1, "a"), None).await.unwrap();
    store.put_account(&of(2, "b"), Some(&of(1, "a"))).await.unwrap();
    assert_eq!(store.account_of(&"a7.example".parse().unwrap()).await.unwrap(), None);
    let acme = Some(account(1).id);
    assert_eq!(store.account_of(&"b7.example".parse().unwrap()).await.unwrap(), acme);
}

pub async fn an_account_remembers_its_incidents_latest_first(store: impl Store) {
    for (number, minutes_ago) in [("INC-1", 30), ("INC-2", 10), ("INC-3", 20), ("INC-4", 100)] {
        store.commit(only(&opened(number, minutes_ago))).await.unwrap();
    }
    let number = "INC-3".parse().unwrap();
    let third = store.load(&number).await.unwrap().unwrap();
    let by = "Grace".parse().unwrap();
    let resolved = decided(Some(&third), Command::Resolve { by, note: None }, later(60));
    store.commit(only(&resolved)).await.unwrap();

    let since = now() - SignedDuration::from_mins(30);
    let remembered = store.account_incidents(&account(1).id, since, 10).await.unwrap();
    let told: Vec<_> = remembered.iter().map(|i| (i.number.as_str(), i.resolved)).collect();
    assert_eq!(told, [("INC-2", false), ("INC-3", true), ("INC-1", false)]);
    let first = store.account_incidents(&account(1).id, since, 1).await.unwrap();
    assert_eq!(first, remembered[..1]);
    let other = "OTHER".parse().unwrap();
    assert_eq!(store.account_incidents(&other, since, 10).await.unwrap(), []);
}

pub async fn an_account_forgets_an_incident_that_is_another_ones(store: impl Store) {
    let change = opened("INC-1", 5);
    store.commit(only(&change)).await.unwrap();
    let since = now() - SignedDuration::from_hours(1);
    assert_eq!(store.account_incidents(&account(1).id, since, 10).await.unwrap().len(), 1);
    let mut next = resolved(&change);
    next.forgotten = Some(change.remembered.unwrap().id());
    next.remembered.as_mut().unwrap().account = "OTHER".parse().unwrap();
    store.commit(only(&next)).await.unwrap();
    assert_eq!(store.account_incidents(&account(1).id, since, 10).await.unwrap(), []);
    let other = "OTHER".parse().unwrap();
    assert_eq!(store.account_incidents(&other, since, 10).await.unwrap().len(), 1);
}

pub async fn what_gives_reason_to_look_is_due_until_the_desk_has_looked(store: impl Store) {
    let looks = async |store: &_| -> Vec<_> {
        let due = due(store, later(3600)).await.into_iter();
        due.filter_map(|(due_at, target)| match target {
            DueTarget::Recurrence(id) => Some((due_at, id)),
            _ => None,
        })
        .collect()
    };
    let change = opened("INC-1", 5);
    store.commit(only(&change)).await.unwrap();
    // A later change of the incident, which itself is no reason, leaves it due.
    store.commit(only(&resolved(&change))).await.unwrap();
    let due = looks(&store).await;
    let id = change.remembered.unwrap().id();
    assert_eq!(due, [(now(), id.clone())]);

    assert!(!store.settle_recurrence(&id, later(1)).await.unwrap(), "due at another instant");
    assert!(store.settle_recurrence(&id, now()).await.unwrap());
    assert!(!store.settle_recurrence(&id, now()).await.unwrap(), "once");
    assert_eq!(looks(&store).await, []);
    let since = now() - SignedDuration::from_hours(1);
    let remembered = store.account_incidents(&id.account, since, 10).await.unwrap();
    assert!(remembered[0].resolved, "what is remembered stays");
}

pub async fn an_account_changes_with_the_incident_or_not_at_all(store: impl Store) {
    store.put_account(&account(1), None).await.unwrap();
    let change = opened("INC-1", 5);
    store.commit(only(&change)).await.unwrap();
    let mut next = resolved(&change);
    next.account = Some(account(3));
    let lost = store.commit(only(&next)).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    assert_eq!(store.load(&change.incident.number).await.unwrap(), Some(change.incident));

    next.account = Some(account(2));
    assert_eq!(store.commit(only(&next)).await.unwrap(), Committed::Done);
    assert_eq!(store.load_account(&account(2).id).await.unwrap(), Some(account(2)));
}

#[tokio::test]
async fn incidents_of_an_account_that_come_at_once_are_looked_at_without_a_failure() {
    let dynamodb = TestDynamoDb::start().await;
    let store = DynamoDbStore::new(dynamodb.aws.dynamodb(), dynamodb.table);
    store.put_account(&account(1), None).await.unwrap();
    for n in 1..=10 {
        store.commit(only(&opened(&format!("INC-{n}"), 0))).await.unwrap();
    }
    let policy = Arc::new(desk_tests::default_policy());
    let desk = Desk { store, policy, clock: Clock::of(now) };
    let report = check_deadlines::sweep(&desk, now(), Timestamp::MAX).await.unwrap();
    assert_eq!((report.failed, report.changes), (0, 1), "the manager is told once");
    let told = desk.store.load_account(&account(1).id).await.unwrap().unwrap();
    assert_eq!(told.recurrence_noticed_at, Some(now()));
}
