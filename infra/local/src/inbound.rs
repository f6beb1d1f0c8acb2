//! SES as it receives mail: its receipt rule, and who hands it mail.
//!
//! ```text
//! post, compose   a mail as bytes, or as a form, over HTTP ─┐
//! addresses       the desk's: the receipt rule's condition  ├─> receipt   S3 object, notification
//! mail            what stands in the bytes                  ┘             and from there the queue
//! ```
//!
//! Mail to an address that is not the desk's goes past it, into the mailbox. Verdicts are what the
//! sender of the request says they are: nothing here looks at signatures, and no rule of the desk
//! is known here.

mod addresses;
mod compose;
mod mail;
mod post;
mod receipt;
mod verdicts;
pub(crate) mod wrong;

use std::io;

use jiff::Timestamp;
use shared::clock::Clock;

pub use self::addresses::Addresses;
use self::mail::Mail;
pub use self::post::router;
use self::receipt::Receipt;
pub use self::verdicts::Verdicts;
use crate::mailbox::{Mailbox, Message, Raw};
use crate::queue::Queue;
use crate::s3::Objects;

/// Where SES stores what it receives.
pub const BUCKET: &str = "inbound-mail";
/// What the keys of those objects begin with.
pub const PREFIX: &str = "received/";
/// Where the mailbox keeps the bytes of what went past the desk.
const LETTERS: &str = "letters";
/// As long as SES's own.
const ID_CHARACTERS: usize = 40;

/// The envelope of a mail: what the servers tell each other, whatever its headers say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Who gets it back if it cannot be delivered; empty for nobody, as bounces have it.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The id that SES gives it, or the mailbox if none of it went to the desk.
    pub id: String,
    /// The addresses of the desk that it went to.
    pub to_desk: Vec<String>,
    /// The other ones.
    pub to_others: Vec<String>,
}

/// Takes mail. Clones share everything.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The desk's addresses; a policy without them takes no mail.
    pub addresses: Option<Addresses>,
    /// Where the bytes are kept.
    pub objects: Objects,
    /// Where the notifications go.
    pub queue: Queue,
    /// Where everything is shown.
    pub mailbox: Mailbox,
    /// The time.
    pub clock: Clock,
}

impl Inbound {
    /// Whether mail to this address comes in.
    #[must_use]
    pub fn is_desks(&self, address: &str) -> bool {
        self.addresses.as_ref().is_some_and(|addresses| addresses.include(address))
    }

    /// Takes a mail in. What this has returned from outlives `kill -9`, if anything is kept.
    ///
    /// # Errors
    ///
    /// When something cannot be written. Some of it may then have been taken, as with a server
    /// whose answer is lost; sent again, the mail comes twice.
    pub fn receive(
        &self,
        bytes: &[u8],
        envelope: &Envelope,
        verdicts: &Verdicts,
    ) -> io::Result<Taken> {
        let at = self.clock.now();
        let id: String = std::iter::repeat_with(id_character).take(ID_CHARACTERS).collect();
        let mail = Mail::read(bytes);
        let (to_desk, to_others): (Vec<_>, Vec<_>) =
            envelope.to.iter().cloned().partition(|address| self.is_desks(address));
        tracing::info!(to = envelope.to.join(", "), subject = mail.subject, "mail sent here");
        if !to_others.is_empty() {
            let raw = Raw { bucket: LETTERS.to_owned(), key: id.clone() };
            self.objects.put(&raw.bucket, &raw.key, bytes.to_vec().into())?;
            for (n, to) in to_others.iter().enumerate() {
                let is_first = n == 0 && to_desk.is_empty();
                let id = if is_first { id.clone() } else { format!("{id}-{n}") };
                let message = message(&mail, id, to, at, &raw);
                self.mailbox.deliver(message)?;
            }
        }
        if !to_desk.is_empty() {
            let raw = Raw { bucket: BUCKET.to_owned(), key: format!("{PREFIX}{id}") };
            let receipt =
                Receipt { id: &id, sender: &envelope.from, recipients: &to_desk, verdicts, at };
            let stored = receipt.prepended_to(bytes);
            // Read again: what SES put before it is part of the mail from here on.
            let mail = Mail::read(&stored);
            let notification = receipt.notification(&mail, &raw).to_string();
            self.objects.put(&raw.bucket, &raw.key, stored.into())?;
            // Before the queue, so that it stands before what the desk answers.
            let message = message(&mail, id.clone(), &to_desk.join(", "), at, &raw);
            self.mailbox.deliver(Message { incoming: true, ..message })?;
            self.queue.send(notification, at)?;
        }
        Ok(Taken { id, to_desk, to_others })
    }
}

fn id_character() -> char {
    char::from(fastrand::choice(*b"abcdefghijklmnopqrstuvwxyz0123456789").unwrap_or(b'0'))
}

fn message(mail: &Mail, id: String, to: &str, at: Timestamp, raw: &Raw) -> Message {
    Message {
        id,
        from: mail.from.first().cloned().unwrap_or_default(),
        to: to.to_owned(),
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        html: mail.html.clone(),
        headers: mail.headers_by_name(),
        sent_at: format!("{at:.3}"),
        raw: Some(raw.clone()),
        ..Message::default()
    }
}

#[cfg(test)]
mod tests;
