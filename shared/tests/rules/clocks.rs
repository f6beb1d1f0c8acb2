//! The clocks `initial_response` and `update`: start, stop, warning, breach.

use jiff::SignedDuration;
use shared::incident::clock::ClockName;
use shared::incident::values::{Channel, Language};
use shared::incident::{Command, Refusal};

use crate::story::{acknowledge, escalate, given, open, resolve, respond};

#[test]
fn a_p1_by_email_is_due_an_hour_after_it_was_opened() {
    given()
        .when(open(Channel::Email))
        .then_happened(&["0m opened"])
        .then_told(&["team_engaged -> triage", "incident_opened -> ada"])
        // The warning comes first.
        .then_due(Some(45));
}

#[test]
fn a_p1_by_email_is_due_an_hour_after_the_mail_arrived() {
    let story = given().outage_until(40);
    let Command::Open { number, priority, channel, summary, customer, .. } = open(Channel::Email)
    else {
        unreachable!()
    };
    let received_at = Some(story.start);
    let late =
        Command::Open { number, priority, channel, summary, customer, received_at, by_mail: None };
    let story = story.when(late);
    let clock = story.incident().clock(ClockName::InitialResponse).unwrap();
    assert_eq!(story.minutes(clock.due_at), 60);
}

#[test]
fn a_p1_by_phone_or_chat_has_its_initial_response_and_is_due_an_update_in_six_hours() {
    for channel in [Channel::Phone, Channel::Chat] {
        let story = given().when(open(channel));
        story.then_due(Some(5 * 60));
        assert!(story.incident().clock(ClockName::InitialResponse).is_none());
        let update = story.incident().clock(ClockName::Update).unwrap();
        assert_eq!(story.minutes(update.due_at), 6 * 60);
    }
}

#[test]
fn the_responsible_are_warned_ahead_of_the_deadline() {
    given()
        .when(open(Channel::Email))
        .until(59)
        .then_happened(&["45m warning_given clock=initial_response late_ms=0"])
        .then_told(&["deadline_near -> triage"])
        .then_due(Some(60));
}

#[test]
fn a_missed_initial_response_is_a_breach_that_escalates_and_tells_the_customer() {
    given()
        .when(open(Channel::Email))
        .until(59)
        .until(60)
        .then_happened(&[
            "60m deadline_missed clock=initial_response late_ms=0",
            "60m escalated_by_deadline clock=initial_response",
            "60m level_alerted level=1 round=1",
        ])
        .then_told(&[
            "escalation_alert -> triage",
            "escalation_alert -> management",
            "promise_broken -> ada",
        ]);
}

#[test]
fn a_response_in_time_stops_the_initial_response_and_starts_the_update() {
    let story = given().when(open(Channel::Email)).until(59).when(respond());
    story.then_happened(&["59m responded"]).then_told(&[]).then_due(Some(59 + 5 * 60));
    story.until(61).then_happened(&[]);
}

#[test]
fn each_response_restarts_the_update() {
    let story = given().when(open(Channel::Phone)).until(299).when(respond());
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 299 + 6 * 60);
    story.until(658).then_happened(&["599m warning_given clock=update late_ms=0"]);
}

#[test]
fn a_missed_update_escalates() {
    given().when(open(Channel::Phone)).until(359).until(360).then_happened(&[
        "360m deadline_missed clock=update late_ms=0",
        "360m escalated_by_deadline clock=update",
        "360m level_alerted level=1 round=1",
    ]);
}

#[test]
fn a_late_response_keeps_the_overrun() {
    let story = given().when(open(Channel::Email)).until(70).when(respond());
    let responded = serde_json::to_value(&story.entries().next().unwrap().event).unwrap();
    assert_eq!(responded["stopped"][0]["clock"], "initial_response");
    assert_eq!(responded["stopped"][0]["overrun_ms"], 10 * 60 * 1000);
}

#[test]
fn a_response_that_comes_before_the_sweep_but_after_the_deadline_is_a_breach_all_the_same() {
    given()
        .when(open(Channel::Email))
        .outage_until(61)
        .when(respond())
        .then_happened(&[
            "61m deadline_missed clock=initial_response late_ms=60000",
            "61m responded",
        ])
        .then_told(&[]);
}

#[test]
fn a_response_given_in_time_and_recorded_late_breaks_no_promise() {
    let story = given().when(open(Channel::Email)).outage_until(61);
    let at = Some(story.start + SignedDuration::from_mins(50));
    let author = "Grace".parse().unwrap();
    let story = story.when(Command::Respond { author, message: None, at });
    story.then_happened(&["61m responded"]);
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 50 + 6 * 60);
}

#[test]
fn a_response_older_than_the_last_one_moves_no_clock() {
    let story = given().when(open(Channel::Email)).until(30).when(respond());
    let before = story.incident().clone();
    let at = Some(story.start + SignedDuration::from_mins(10));
    let author = "Grace".parse().unwrap();
    let story = story.when(Command::Respond { author, message: None, at });
    story.then_happened(&["30m responded"]);
    assert_eq!(story.incident().update, before.update);
}

#[test]
fn a_response_that_a_missed_update_counts_from_is_told_again_and_promises_nothing_twice() {
    let story = given().when(open(Channel::Email)).until(30).when(respond());
    let at = story.incident().responded_at;
    let story = story.until(30 + 6 * 60);
    let missed = story.incident().clone();
    assert!(missed.clock(ClockName::Update).unwrap().breached);
    let author = "Grace".parse().unwrap();
    let story = story.when(Command::Respond { author, message: None, at });
    story.then_happened(&["390m responded"]);
    assert_eq!(story.incident().update, missed.update);
    assert_eq!(story.incident().escalation, missed.escalation);
}

#[test]
fn a_response_with_a_message_is_passed_on_with_the_next_promise() {
    let message = Some("We found the cause.".parse().unwrap());
    let author = "Grace".parse().unwrap();
    given()
        .when(open(Channel::Email))
        .when(Command::Respond { author, message, at: None })
        .then_told(&["response_given -> ada"]);
}

#[test]
fn a_response_cannot_be_in_the_future_nor_before_the_incident() {
    let story = given().when(open(Channel::Email));
    let respond_at = |minutes| Command::Respond {
        author: "Grace".parse().unwrap(),
        message: None,
        at: Some(story.start + SignedDuration::from_mins(minutes)),
    };
    assert_eq!(story.refuses(respond_at(1)), Refusal::InTheFuture { pointer: "/at" });
    let long_ago = respond_at(-367 * 24 * 60);
    assert_eq!(story.refuses(long_ago), Refusal::TooLongAgo { pointer: "/at" });
    let opened_at = story.start;
    assert_eq!(story.refuses(respond_at(-1)), Refusal::BeforeTheIncident { opened_at });
}

#[test]
fn a_resolution_ends_every_promise_and_tells_the_customer() {
    let story = given().when(open(Channel::Email)).until(30).when(resolve());
    story.then_happened(&["30m resolved"]).then_told(&["incident_resolved -> ada"]).then_due(None);
    story.until(10_000).then_happened(&[]);
}

#[test]
fn what_a_state_does_not_allow_is_refused() {
    let nobody = given();
    for command in [respond(), acknowledge(), resolve()] {
        assert_eq!(nobody.refuses(command), Refusal::UnknownIncident);
    }
    let open_one = given().when(open(Channel::Email));
    assert_eq!(open_one.refuses(open(Channel::Phone)), Refusal::AlreadyOpen);
    assert_eq!(open_one.refuses(acknowledge()), Refusal::NoRunningEscalation);
    let resolved = open_one.when(resolve());
    for command in [respond(), acknowledge(), resolve()] {
        let by = "Grace".parse().unwrap();
        assert_eq!(resolved.refuses(command), Refusal::AlreadyResolved { by });
    }
}

#[test]
fn warnings_held_up_by_an_outage_are_moot_once_the_deadline_has_passed() {
    given()
        .when(open(Channel::Email))
        .outage_until(180)
        .until(180)
        .then_happened(&[
            "180m deadline_missed clock=initial_response late_ms=7200000",
            "180m escalated_by_deadline clock=initial_response",
            "180m level_alerted level=1 round=1",
        ])
        // Whoever was alerted late has all the time of the level.
        .then_due(Some(200));
}

#[test]
fn a_promise_broken_while_escalated_is_told_to_those_who_work_on_it() {
    given()
        .when(open(Channel::Email))
        .until(50)
        .when(escalate())
        .until(60)
        .then_happened(&["60m deadline_missed clock=initial_response late_ms=0"])
        .then_told(&[
            "deadline_missed -> triage",
            "deadline_missed -> management",
            "promise_broken -> ada",
        ]);
}

#[test]
fn what_was_due_before_the_desk_heard_of_it_is_a_breach_that_is_not_late() {
    let Command::Open { number, priority, channel, summary, customer, .. } = open(Channel::Email)
    else {
        unreachable!()
    };
    let mut story = given();
    let received_at = Some(story.start - SignedDuration::from_hours(5));
    story = story.when(Command::Open {
        number,
        priority,
        channel,
        summary,
        customer,
        received_at,
        by_mail: None,
    });
    story.until(0).then_happened(&[
        "0m deadline_missed clock=initial_response late_ms=0",
        "0m escalated_by_deadline clock=initial_response",
        "0m level_alerted level=1 round=1",
    ]);
}

#[test]
fn a_callers_clock_may_be_a_little_ahead() {
    let story = given().when(open(Channel::Email));
    let at = Some(story.now + SignedDuration::from_secs(3));
    let author = "Grace".parse().unwrap();
    let story = story.when(Command::Respond { author, message: None, at });
    assert_eq!(story.incident().responded_at, Some(story.now));
}

#[test]
fn who_escalates_without_a_language_is_written_to_as_the_incidents_customer_is() {
    let Command::Open {
        number,
        priority,
        channel,
        summary,
        mut customer,
        received_at,
        by_mail: None,
    } = open(Channel::Email)
    else {
        unreachable!()
    };
    customer.language = Some(Language::Fr);
    let french =
        Command::Open { number, priority, channel, summary, customer, received_at, by_mail: None };
    let story = given().when(french).when(escalate());
    let receipt = story.emails().find(|e| e.recipient.as_str() == "ada@customer.example").unwrap();
    assert_eq!(receipt.language, Language::Fr);
}
