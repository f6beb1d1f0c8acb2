// Which e-mails are one conversation: those that name one another, or the same root.
//
// Knows nothing of the page.

/** The plain address of `Name <address>`. */
export const address = text => (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim();
/** The name of it, or the address. */
export const name = text => text.replace(/\s*<[^<>]*>\s*$/, "").replace(/^"(.*)"$/, "$1") || address(text);

export class Threads {
  #ofId = new Map(); // Message-ID, or the mailbox's own id -> thread
  all = new Set();
  mails = [];

  /** Takes headings in the order of the mailbox. */
  add(headings) {
    for (const mail of headings) {
      mail.at = this.mails.push(mail) - 1;
      const ids = [mail.id, ...mail.message_ids];
      const known = [...new Set(ids.map(id => this.#ofId.get(id)).filter(Boolean))];
      const thread = known.shift() ?? { key: mail.id, mails: [] };
      for (const other of known) this.#merge(thread, other);
      thread.mails.push(mail);
      this.all.add(thread);
      for (const id of ids) this.#ofId.set(id, thread);
    }
  }

  /** A mail that answers two conversations makes one of them. */
  #merge(thread, other) {
    thread.mails = [...thread.mails, ...other.mails].sort((a, b) => a.at - b.at);
    for (const mail of other.mails) for (const id of [mail.id, ...mail.message_ids]) this.#ofId.set(id, thread);
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
