//! What the terminal shows at the start: a line for each part, then what to try.

use shared::policy::Policy;

use crate::desk::Running;
use crate::inbound::Addresses;
use crate::options::Options;
use crate::table::TABLE;

/// The lines that do not depend on a running desk, taken from the options before they are used up.
#[derive(Debug, Clone)]
pub struct Welcome {
    policy: String,
    data: String,
    webhooks: usize,
    addresses: Option<Addresses>,
}

impl Welcome {
    /// What to say of `options`.
    #[must_use]
    pub fn of(options: &Options) -> Self {
        let data = match &options.data {
            Some(data) => format!("kept in {}", data.display()),
            None => "in memory, gone at the end (--data DIR keeps it)".to_owned(),
        };
        let webhooks = options.policy.webhooks.0.len();
        Self {
            webhooks,
            policy: format!("{} ({})", options.policy_from, promises(&options.policy)),
            data,
            addresses: Addresses::of(&options.policy),
        }
    }

    /// Where mail comes in, for people.
    fn takes(&self) -> String {
        match &self.addresses {
            None => "taken nowhere: the policy has no addresses for it".to_owned(),
            Some(ours) => {
                format!("taken at {}, {} and {}", ours.escalation(), ours.p1(), ours.reply())
            }
        }
    }

    /// Whoever receives them here needs the key.
    fn webhooks(&self, running: &Running) -> String {
        match self.webhooks {
            0 => "none in the policy".to_owned(),
            receivers => {
                format!("to {receivers} in the policy, signed with {}", running.webhook_keys)
            }
        }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self, running: &Running) -> String {
        let (api, mailbox) = (running.api, running.mailbox);
        let schedule = running.schedule;
        let why = if schedule.is_deployed() {
            ""
        } else {
            "\n            a policy in seconds: deployed, EventBridge fires once a minute, which is \
             made for promises of two minutes and more"
        };
        let lines = [
            ("HTTP API", format!("http://{api}")),
            ("Mailbox", format!("http://{mailbox}")),
            ("Mail", self.takes()),
            ("DynamoDB", format!("http://{}, table {TABLE}", running.dynamodb)),
            (
                "Stream",
                "what is new in the outbox goes to dispatch-email and dispatch-webhook".to_owned(),
            ),
            ("Webhooks", self.webhooks(running)),
            (
                "Schedule",
                format!(
                    "check-deadlines every {} s, looking {} ahead{why}",
                    schedule.every.as_secs(),
                    schedule.look_ahead
                ),
            ),
            ("Policy", self.policy.clone()),
            ("Data", self.data.clone()),
        ];
        let parts: String =
            lines.iter().map(|(part, says)| format!("  {part:<9} {says}\n")).collect();
        let (api, mailbox) = (format!("http://{api}"), format!("http://{mailbox}"));
        let by_mail = self.addresses.as_ref().map(|ours| by_mail(&mailbox, ours));
        let try_it = things_to_try(&api, &mailbox, &by_mail.unwrap_or_default());
        format!("Escalation Desk is running on this machine.\n\n{parts}{try_it}")
    }
}

fn promises(policy: &Policy) -> String {
    let p1 = &policy.targets.p1;
    format!(
        "P1: initial response {}, update {}, escalation response {}",
        p1.initial_response.within, p1.update.within, p1.escalation_response.within
    )
}

/// Only where the policy says where mail comes in.
fn by_mail(mailbox: &str, ours: &Addresses) -> String {
    let escalation = ours.escalation();
    format!(
        r#"
  # The same by mail. In the browser: "Write a mail", and "Reply" on any that is shown.
  curl -i {mailbox}/messages -H 'content-type: message/rfc822' --data-binary @- <<'MAIL'
From: Ada Martin <ada@customer.example>
To: {escalation}
Subject: INC-1002: nobody can log in
Message-ID: <1@customer.example>

Our 400 shops open at 10:00, and nobody can log in to the tills.
MAIL

  # Mail that nobody can be sure of: what SES finds out about it is in the query. It waits.
  curl -i '{mailbox}/messages?dmarc=fail&dkim=fail&to={escalation}' \
    -H 'content-type: message/rfc822' --data-binary $'From: ada@customer.example\n\nINC-1002 is down.'

  # An address bounces from now on: others are told in its place.
  curl -i -X PUT {mailbox}/bounces/triage@example.com -d '{{"kind": "permanent"}}'
"#
    )
}

fn things_to_try(api: &str, mailbox: &str, by_mail: &str) -> String {
    format!(
        r#"
Try it, in another terminal:

  # A P1 arrives by e-mail: triage is told, and the customer reads by when to expect a response.
  curl -i {api}/v1/incidents -H 'content-type: application/json' -d '{{
    "number": "INC-1001", "priority": "P1", "channel": "email", "summary": "Checkout is down",
    "customer": {{"name": "Ada Martin", "email": "ada@customer.example", "language": "fr"}}}}'

  # The customer escalates it: level 1 of the ladder is alerted.
  curl -i {api}/v1/escalations -H 'content-type: application/json' -d '{{
    "incident_number": "INC-1001",
    "business_justification": "None of our shops can sell anything.",
    "requester": {{"name": "Ada Martin", "email": "ada@customer.example", "language": "fr"}}}}'

  # Every e-mail sent is in the mailbox. Take the escalation by the link in an alert, and follow
  # the incident by the link in a customer's e-mail: open {mailbox} in a browser.
{by_mail}
  # Care responds: the escalation is over, and the next update is promised.
  curl -i {api}/v1/incidents/INC-1001/responses -H 'content-type: application/json' -d '{{
    "author": "Sam Roy", "message": "We have found the cause and are working on it."}}'

  # What is due next; all that is known of one incident; its deadlines; the figures of the month.
  curl {api}/v1/incidents
  curl {api}/v1/incidents/INC-1001
  curl {api}/v1/incidents/INC-1001/deadlines
  curl {api}/v1/figures

  # What would happen, without a desk and without an e-mail:
  cargo run -- simulate "P1 by e-mail, Saturday 23:10, nobody answers"

Every route, with examples: {api}/openapi.json
Ctrl-C stops everything.
"#
    )
}
