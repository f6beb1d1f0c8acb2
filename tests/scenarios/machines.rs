//! Machines that write to each other: all fall silent.

use desk_tests::DEFAULT_POLICY;
use desk_tests::arrivals::{Arriving, delivered, written_back};
use desk_tests::world::World;
use shared::email::render::Rendered;

/// How many rounds are played: far more than any conversation of machines should last.
const ROUNDS: usize = 40;

/// The default policy of another organisation.
fn policy_of(domain: &str) -> String {
    DEFAULT_POLICY.replace("example.com", domain)
}

/// Hands what one world sends to another, if it is for an address of it.
async fn hand_over(sent: &[Rendered], to: &World, domain: &str, count: &mut usize) {
    for email in sent.iter().filter(|email| email.to.as_str().ends_with(domain)) {
        *count += 1;
        let mail = Arriving::from(email.from.address.as_str(), email.to.as_str(), delivered(email));
        let outcome = to.receives(&format!("{domain}-{count}"), &mail).await;
        assert_eq!(outcome, "noted own", "{}", email.subject);
    }
}

#[tokio::test(start_paused = true)]
async fn two_desks_fall_silent() {
    let (one, two) = (World::new(&policy_of("one.example")), World::new(&policy_of("two.example")));
    // The alias of one desk is a customer of the other: whoever set that up did not think of this.
    let text = "Our supplier's incident stops us, please look.";
    let mail = Arriving::plain("escalations@two.example", "escalations@one.example", "INC-1", text);
    assert_eq!(one.receives("m1", &mail).await, "escalated INC-1");
    let (mut handed, mut rounds_with_mail) = (0, 0);
    for round in 1..=ROUNDS {
        let before = handed;
        let seconds = u64::try_from(round).unwrap() * 30;
        let sent: Vec<_> = one.until(seconds).await.into_iter().map(|(_, email)| email).collect();
        hand_over(&sent, &two, "two.example", &mut handed).await;
        let sent: Vec<_> = two.until(seconds).await.into_iter().map(|(_, email)| email).collect();
        hand_over(&sent, &one, "one.example", &mut handed).await;
        rounds_with_mail += usize::from(handed > before);
    }
    assert_eq!((handed, rounds_with_mail), (1, 1), "the receipt, and silence");
}

/// Plays rounds in which somebody writes back to every e-mail that it gets, and returns how many e-mails
/// it has had in each.
async fn plays(world: &World, address: &str, answer: impl Fn(&Rendered) -> Arriving) -> Vec<usize> {
    let (mut rounds, mut n) = (Vec::new(), 0);
    for round in 1..=ROUNDS {
        let sent = world.until(u64::try_from(round).unwrap() * 15).await;
        let own: Vec<_> = sent.iter().filter(|(_, email)| email.to.as_str() == address).collect();
        rounds.push(own.len());
        for (_, email) in own {
            n += 1;
            world.receives(&format!("bot{n}"), &answer(email)).await;
        }
    }
    rounds
}

#[tokio::test(start_paused = true)]
async fn a_desk_and_an_autoresponder_fall_silent() {
    let answers: [fn(&Rendered) -> Arriving; 3] = [
        // It says what it is, as it should.
        |email| {
            let mut mail = written_back(email, "bot@acme.example", "I am away until Monday.");
            mail.raw.splice(0..0, *b"Auto-Submitted: auto-replied\r\n");
            mail
        },
        // It does not, and repeats all that it was sent.
        |email| written_back(email, "bot@acme.example", "I am away until Monday, about INC-1."),
        // It opens a ticket for each mail and writes to the alias anew.
        |email| {
            let subject = format!("We received your request about INC-1 [{}]", email.id);
            let text = "Somebody will look at your request soon, please wait for us.";
            Arriving::plain("bot@acme.example", "escalations@example.com", &subject, text)
        },
    ];
    for answer in answers {
        let world = World::new(DEFAULT_POLICY);
        let text = "None of our shops can sell anything.";
        let mail = Arriving::plain("bot@acme.example", "escalations@example.com", "INC-1", text);
        assert_eq!(world.receives("m1", &mail).await, "escalated INC-1");
        let rounds = plays(&world, "bot@acme.example", answer).await;
        assert_eq!(rounds.iter().sum::<usize>(), 1, "the receipt, and silence: {rounds:?}");
    }
}
