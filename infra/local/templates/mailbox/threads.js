// Which e-mails are one conversation: those that name one another, the same root, or the same incident.
//
// Knows nothing of the page.

/** The plain address of `Name <address>`. */
export const address = text => (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim();
/** The name of it, or the address. */
export const name = text => text.replace(/\s*<[^<>]*>\s*$/, "").replace(/^"(.*)"$/, "$1") || address(text);

/** The incident to which the desk did something, if that is what became of a mail. */
export const incidentOf = outcome => /^(?:escalated|opened|responded|replied|added) (\S+)$/.exec(outcome ?? "")?.[1];
/** Whether something else may yet become of a mail: it waits for a person, or for its sender. */
export const isWaiting = outcome => /^(?:quarantined|incomplete) /.test(outcome ?? "");

/** What the mails of a conversation share. The desk's about an incident name a root that tells which. */
function sharedBy({ id, message_ids, outcome }) {
  const roots = message_ids.map(one => /^<incident-([^@]+)@/.exec(one)?.[1]);
  const incidents = [incidentOf(outcome), ...roots].filter(Boolean).map(number => "incident " + number);
  return [id, ...message_ids, ...incidents];
}

export class Threads {
  #ofId = new Map(); // Message-ID, the mailbox's own id, or incident -> thread
  all = new Set();
  mails = [];

  /** Takes headings in the order of the mailbox. */
  add(headings) {
    for (const mail of headings) {
      mail.at = this.mails.push(mail) - 1;
      this.#join(mail).mails.push(mail);
    }
  }

  /** Takes what became of a mail; says whether that is new. */
  tell(mail, outcome) {
    if (!outcome || outcome === mail.outcome) return false;
    mail.outcome = outcome;
    // A mail that names no other may turn out to be about an incident.
    this.#join(mail);
    return true;
  }

  /** The thread of a mail. One that belongs to several makes one of them, in the place of the longest. */
  #join(mail) {
    const ids = sharedBy(mail);
    const known = [...new Set(ids.map(id => this.#ofId.get(id)).filter(Boolean))];
    known.sort((a, b) => b.mails.length - a.mails.length);
    const thread = known.shift() ?? { key: mail.id, mails: [] };
    for (const other of known) this.#merge(thread, other);
    this.all.add(thread);
    for (const id of ids) this.#ofId.set(id, thread);
    return thread;
  }

  #merge(thread, other) {
    thread.mails = [...thread.mails, ...other.mails].sort((a, b) => a.at - b.at);
    for (const mail of other.mails) for (const id of sharedBy(mail)) this.#ofId.set(id, thread);
    this.all.delete(other);
  }

  /** The thread of the mail with this id of the mailbox. */
  of(id) { return this.#ofId.get(id); }

  /** The threads in which somebody takes part, with those mails of theirs only; latest first. */
  matching(whose) {
    const text = whose.trim().toLowerCase();
    const takesPart = mail => !text || mail.to.toLowerCase().includes(text) || mail.from.toLowerCase().includes(text);
    const threads = [];
    for (const thread of this.all) {
      const mails = text ? thread.mails.filter(takesPart) : thread.mails;
      if (mails.length) threads.push({ key: thread.key, mails, latest: mails.at(-1) });
    }
    return threads.sort((a, b) => b.latest.at - a.latest.at);
  }
}
