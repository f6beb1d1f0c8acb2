//! What SES says of an e-mail: whole events, as `functions/record-delivery/events/` has them.

use jiff::Timestamp;
use serde_json::Value;
use shared::email::EmailId;

/// What SES can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It took it.
    Sent,
    /// It delivered it.
    Delivered,
    /// It goes on trying.
    Delayed,
    /// There is no such mailbox.
    Bounced,
    /// The mailbox is full.
    BouncedTransient,
    /// It came back.
    BouncedUndetermined,
    /// The address is on the suppression list.
    Suppressed,
    /// It was marked as spam.
    Complained,
    /// It has a virus.
    Rejected,
    /// It could not be put together.
    RenderingFailed,
}

impl Said {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Sent,
        Self::Delivered,
        Self::Delayed,
        Self::Bounced,
        Self::BouncedTransient,
        Self::BouncedUndetermined,
        Self::Suppressed,
        Self::Complained,
        Self::Rejected,
        Self::RenderingFailed,
    ];

    fn event(self) -> &'static str {
        macro_rules! events {
            ($($said:ident $name:literal)+) => {
                match self {
                    $(Self::$said => include_str!(concat!(
                        "../../functions/record-delivery/events/", $name, ".json"
                    ))),+
                }
            };
        }
        events! {
            Sent "sent"
            Delivered "delivered"
            Delayed "delayed"
            Bounced "bounced"
            BouncedTransient "bounced_transient"
            BouncedUndetermined "bounced_undetermined"
            Suppressed "suppressed"
            Complained "complained"
            Rejected "rejected"
            RenderingFailed "rendering_failed"
        }
    }

    /// The field of the event that is about this alone; none for what has nothing of its own.
    fn field(self) -> Option<&'static str> {
        match self {
            Self::Delivered => Some("delivery"),
            Self::Delayed => Some("deliveryDelay"),
            Self::Bounced
            | Self::BouncedTransient
            | Self::BouncedUndetermined
            | Self::Suppressed => Some("bounce"),
            Self::Complained => Some("complaint"),
            Self::Sent | Self::Rejected | Self::RenderingFailed => None,
        }
    }
}

/// An e-mail as SES knows it.
#[derive(Debug, Clone)]
pub struct SentEmail {
    /// The desk's id of it.
    pub id: EmailId,
    /// SES's id of it.
    pub message_id: String,
    /// To whom.
    pub to: String,
    /// When SES took it.
    pub sent_at: Timestamp,
}

impl SentEmail {
    /// The event that says so of it at an instant.
    ///
    /// # Panics
    ///
    /// Never: the events are JSON.
    #[must_use]
    pub fn event(&self, said: Said, at: Timestamp) -> Value {
        let mut event: Value = serde_json::from_str(said.event()).expect("an event");
        let tag = |text: &str| text.replace('_', "_5F").replace('.', "_2E").into();
        let mail = &mut event["detail"]["mail"];
        mail["tags"]["email_id"][0] = tag(&self.id.to_string());
        mail["tags"]["incident"][0] = tag(&self.id.thread.to_string());
        mail["messageId"] = self.message_id.as_str().into();
        mail["destination"][0] = self.to.as_str().into();
        mail["timestamp"] = self.sent_at.to_string().into();
        if let Some(field) = said.field() {
            event["detail"][field]["timestamp"] = at.to_string().into();
        }
        event
    }
}
