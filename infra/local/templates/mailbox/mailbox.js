// The list of conversations. What is new is asked for each second; what is being read stays as it is.

import { Threads, isWaiting, name } from "./threads.js";
import { $, badges, make, say, show, showFate } from "./reading.js";
import { offer, onSent, reply, write } from "./writing.js";

const PAGE = 200, MOST_OUTCOMES = 50, MOST_LOOKS = 600;
const rows = $("list").querySelector("ul");
let threads = new Threads(), mailbox = null, limit = PAGE, current = null;
// The place of the e-mail that comes next, in the order of all there have been.
let next = 0;
const read = new Set();

function clock(sentAt) {
  const at = new Date(sentAt);
  const sameDay = at.toDateString() === new Date().toDateString();
  return sameDay ? at.toLocaleTimeString() : at.toLocaleString();
}
const time = mail => make("time", clock(mail.sent_at), { dateTime: mail.sent_at });
const plural = (n, one) => `${n.toLocaleString()} ${one}${n === 1 ? "" : "s"}`;

/** Everybody who takes part, whoever wrote or was written to last first. */
function participants(mails) {
  const all = mails.toReversed().flatMap(mail => mail.incoming ? [mail.from, mail.to] : [mail.to, mail.from]);
  return [...new Set(all.map(name))].join(", ");
}
function row({ key, mails, latest }) {
  const link = make("a", undefined, { href: "#" + latest.id });
  link.dataset.key = key;
  const line = make("div", undefined, { className: "line" });
  line.append(make("span", participants(mails), { className: "who" }), time(latest));
  const small = make("div", undefined, { className: "badges" });
  if (mails.length > 1) small.append(make("span", plural(mails.length, "e-mail"), { className: "badge" }));
  const bounced = mails.findLast(mail => mail.bounce);
  const taken = mails.findLast(mail => mail.incoming);
  if (taken) small.append(...badges({ incoming: true, outcome: taken.outcome }));
  if (bounced) small.append(...badges({ bounce: bounced.bounce }));
  link.append(line, make("div", latest.subject || "(no subject)", { className: "subject" }), small);
  if (mails.some(mail => !read.has(mail.id))) {
    link.classList.add("unread");
    link.prepend(make("span", "Unread. ", { className: "sr" }));
  }
  if (mails.some(mail => mail.id === current)) link.setAttribute("aria-current", "true");
  const item = make("li");
  item.append(link);
  return item;
}
function draw() {
  const matching = threads.matching($("filter").value);
  const place = anchor(), focused = rows.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  rows.replaceChildren(...matching.slice(0, limit).map(row));
  if (focused) linkOf(focused)?.focus({ preventScroll: true });
  // Whoever has scrolled down keeps the place.
  const link = place && linkOf(place.key);
  if (link) $("list").scrollTop += link.getBoundingClientRect().top - place.top;
  count(matching);
  drawTurns(matching);
}
/** The row of the conversation that has this mail: another may have taken it in since. */
function linkOf(id) {
  const key = threads.of(id)?.key;
  return [...rows.querySelectorAll("a")].find(link => link.dataset.key === key);
}
function anchor() {
  const list = $("list");
  if (list.scrollTop === 0) return null;
  const top = list.getBoundingClientRect().top;
  const link = [...rows.querySelectorAll("a")].find(link => link.getBoundingClientRect().bottom > top);
  return link ? { key: link.dataset.key, top: link.getBoundingClientRect().top } : null;
}
function count(matching) {
  const mails = matching.reduce((sum, thread) => sum + thread.mails.length, 0), total = threads.mails.length;
  const some = mails === total ? "" : `${mails.toLocaleString()} of `;
  $("count").textContent = total === 0 ? "" : some + plural(total, "e-mail");
  const older = Math.max(0, matching.length - limit);
  $("older").hidden = older === 0;
  $("older").textContent = `Show ${Math.min(older, PAGE).toLocaleString()} of ${older.toLocaleString()} older`;
  $("nobody").hidden = matching.length > 0;
  for (const id of ["list", "filtering"]) $(id).hidden = total === 0;
  $("start").hidden = total > 0;
  $("hint").hidden = total === 0 || current !== null;
}
/** The e-mails of the conversation that is read, those of the filter only. */
function drawTurns(matching) {
  const turns = $("turns");
  const thread = matching.find(thread => thread.mails.some(mail => mail.id === current)) ?? threads.of(current);
  turns.hidden = !thread || thread.mails.length < 2;
  if (turns.hidden) return turns.replaceChildren();
  const focused = turns.contains(document.activeElement) ? document.activeElement.hash : null, scrolled = turns.scrollTop;
  turns.replaceChildren(...thread.mails.map(mail => {
    const link = make("a", undefined, { href: "#" + mail.id, title: mail.subject });
    const small = make("span", undefined, { className: "badges" });
    small.append(...badges(mail));
    link.append(time(mail), make("span", `${name(mail.from)} → ${name(mail.to)}`, { className: "way" }));
    link.append(make("span", mail.subject || "(no subject)", { className: "topic" }), small);
    if (!read.has(mail.id)) link.classList.add("unread");
    if (mail.id === current) link.setAttribute("aria-current", "true");
    const item = make("li");
    item.append(link);
    return item;
  }));
  turns.scrollTop = scrolled;
  if (focused) [...turns.querySelectorAll("a")].find(link => link.hash === focused)?.focus({ preventScroll: true });
}

/** Older e-mails are let go: the list says so where it ends. */
function showGone({ gone, most_kept }) {
  $("gone").hidden = gone === 0;
  const are = gone === 1 ? "is" : "are";
  $("gone").textContent = `The last ${most_kept.toLocaleString()} e-mails are kept; ${gone.toLocaleString()} older ${are} not.`;
}

// One look at a time: two would take the same news twice.
let looking = Promise.resolve();
const refresh = () => looking = looking.then(look);
async function look() {
  try {
    const answer = await (await fetch("/headings?after=" + next)).json();
    const restarted = mailbox !== null && mailbox !== answer.mailbox;
    mailbox = answer.mailbox;
    $("lost").hidden = true;
    if (restarted) {
      // Another run of the desk: this list is no longer the mailbox's.
      threads = new Threads(); limit = PAGE; next = 0;
      return look();
    }
    const first = threads.mails.length === 0, { headings } = answer;
    next = answer.next;
    showGone(answer);
    threads.add(headings);
    offer(headings);
    const changed = await lookUpOutcomes();
    if (first || headings.length || changed) draw();
    if (!first && headings.length) say(headings.length === 1 ? "1 new e-mail" : `${headings.length} new e-mails`);
    if (first) await open();
  } catch (error) {
    $("lost").hidden = false;
    console.error(error);
  }
}
let round = 0;
/** What the desk made of what came in is known a moment later; of what waits, it may make something else. */
async function lookUpOutcomes() {
  const latest = threads.mails.filter(mail => mail.incoming).reverse();
  const unknown = latest.filter(mail => !mail.outcome && (mail.looks ?? 0) < MOST_LOOKS);
  // Of more that wait than are asked for at once, each has its turn.
  const waiting = latest.filter(mail => isWaiting(mail.outcome)).sort((a, b) => (a.round ?? 0) - (b.round ?? 0));
  // The one that is read is looked at.
  const open = [...unknown, ...waiting].sort((a, b) => (b.id === current) - (a.id === current));
  const asked = open.slice(0, MOST_OUTCOMES);
  if (!asked.length) return false;
  round += 1;
  const outcomes = await (await fetch("/outcomes?" + new URLSearchParams(asked.map(mail => ["id", mail.id])))).json();
  let changed = false;
  for (const mail of asked) {
    mail.looks = (mail.looks ?? 0) + 1;
    mail.round = round;
    if (!threads.tell(mail, outcomes[mail.id])) continue;
    showFate(mail);
    changed = true;
  }
  return changed;
}

let reading = null;
async function open() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (id === current) return;
  const before = current;
  const answer = id ? await fetch("/messages/" + encodeURIComponent(id)) : null;
  const message = answer?.ok ? await answer.json() : null;
  current = message?.id ?? null;
  reading = message;
  document.body.classList.toggle("reading", message !== null);
  $("letter").hidden = message === null;
  if (message === null) {
    draw();
    if (before) linkOf(before)?.focus();
    return;
  }
  const opened = threads.mails.find(mail => mail.id === message.id);
  if (opened) threads.tell(opened, message.outcome);
  // A conversation that was opened is read; what comes later is not.
  const thread = threads.of(message.id), isAnother = !thread?.mails.some(mail => mail.id === before);
  for (const mail of thread?.mails ?? []) {
    if (isAnother || mail.id === message.id) read.add(mail.id);
  }
  $("letter").querySelector("h2").textContent = message.subject || "(no subject)";
  show(message);
  draw();
  rows.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  $("turns").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  // Narrow, the list is gone and with it what had the focus.
  if (isAnother && getComputedStyle($("list")).display === "none") $("letter").querySelector("h2").focus();
}
for (const list of [rows, $("turns")]) list.addEventListener("keydown", event => {
  const item = event.target.closest("li");
  const next = { ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling }[event.key];
  if (!next) return;
  event.preventDefault();
  const link = next.querySelector("a");
  link.focus();
  // Wide, the letter follows; narrow, it would cover the list.
  if (list !== rows || matchMedia("(min-width: 761px)").matches) location.replace(link.hash);
});
$("filter").addEventListener("input", () => { limit = PAGE; draw(); });
$("older").addEventListener("click", () => { limit += PAGE; draw(); });
for (const button of document.querySelectorAll(".write")) button.addEventListener("click", write);
$("reply").addEventListener("click", () => reply(reading));
onSent(async id => { await refresh(); location.hash = id; });
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("start").querySelector("pre").textContent);
  $("copy").textContent = "Copied";
});
addEventListener("hashchange", open);
(async function forever() {
  await refresh();
  setTimeout(forever, 1000);
})();
