// One e-mail: who, when, what became of it, and its parts.

import { address, incidentOf, isWaiting } from "./threads.js";

export const $ = id => document.getElementById(id);
export function make(tag, text, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  if (text !== undefined) element.textContent = text;
  return element;
}
export function say(news) { $("news").textContent = news; }

const desk = Object.values(document.body.dataset);
export const isDesks = text => {
  const plain = address(text).toLowerCase();
  return desk.some(ours => ours.toLowerCase() === plain) ||
    plain.replace(/\+[^@]*@/, "@") === document.body.dataset.reply?.toLowerCase();
};

const BOUNCES = {
  permanent: ["bounced for good", "bad"], transient: ["bounced for now", "bad"],
  complaint: ["reported as spam", "bad"], delay: ["delayed", "warn"],
};
const kindOf = outcome => (isWaiting(outcome) ? "warn" : incidentOf(outcome) ? "good" : "");
/** What is to be seen of a mail at a glance. */
export function badges(mail) {
  const badge = (text, kind) => make("span", text, { className: "badge " + kind });
  const all = [];
  if (mail.incoming) all.push(badge("incoming", "in"));
  if (mail.outcome) all.push(badge(mail.outcome, kindOf(mail.outcome)));
  if (mail.bounce) all.push(badge(...BOUNCES[mail.bounce]));
  return all;
}

const MOST_BYTES = 200_000;
let shown = null;

/** Shows a message in its parts. */
export function show(message) {
  shown = message;
  $("from").textContent = message.from;
  $("to").textContent = message.to;
  $("sent").textContent = new Date(message.sent_at).toLocaleString(undefined, { dateStyle: "full", timeStyle: "medium" });
  showFate(message);
  offerBounce(message);
  $("letter").querySelector(".json").href = "/messages/" + message.id;
  const frame = make("iframe", undefined, { title: "The letter: " + message.subject, src: `/messages/${message.id}/html` });
  frame.setAttribute("sandbox", "");
  $("html").replaceChildren(message.html === null ? make("p", "This e-mail has no HTML part.", { className: "none" }) : frame);
  $("text").firstElementChild.textContent = message.text ?? "This e-mail has no text part.";
  const headers = Object.entries(message.headers).flatMap(([name, value]) => [make("dt", name), make("dd", value)]);
  $("headers").firstElementChild.replaceChildren(...headers);
  $("tab-bytes").hidden = message.raw === null;
  $("save").href = `/messages/${message.id}/raw`;
  $("bytes").querySelector("pre").textContent = "";
  const isThere = { "tab-html": message.html !== null, "tab-bytes": message.raw !== null }[wanted.id] ?? true;
  choose(isThere ? wanted : $(message.html === null ? "tab-text" : "tab-html"));
}

/** What became of it: of one that came in, what the desk made of it. */
export function showFate(mail) {
  if (mail.id !== shown?.id) return;
  const [what, fate] = mail.incoming
    ? ["Outcome", mail.outcome ?? "not known yet"]
    : ["Delivery", mail.bounce ? BOUNCES[mail.bounce][0] : ""];
  for (const part of document.querySelectorAll(".fate")) part.hidden = fate === "";
  document.querySelector("dt.fate").textContent = what;
  $("fate").textContent = fate;
}

async function offerBounce(message) {
  const one = address(message.to);
  $("bouncing").hidden = message.incoming || isDesks(one) || one.includes(",");
  if ($("bouncing").hidden) return;
  const { bounces } = await (await fetch("/bounces")).json();
  if (shown !== message) return;
  $("bounce").value = bounces.find(bounce => bounce.address === one.toLowerCase())?.kind ?? "";
  $("bounce").classList.toggle("told", $("bounce").value !== "");
}
$("bounce").addEventListener("change", async () => {
  const one = address(shown.to), kind = $("bounce").value;
  const told = kind ? { method: "PUT", body: JSON.stringify({ kind }) } : { method: "DELETE" };
  try {
    const answer = await fetch("/bounces/" + encodeURIComponent(one), told);
    say(answer.ok ? `${one} ${$("bounce").selectedOptions[0].textContent}, from the next e-mail on` : (await answer.json()).message);
  } catch { say("The desk does not answer."); }
  offerBounce(shown);
});

const tabs = [...document.querySelectorAll("[role=tab]")];
// The one that the reader chose; another is shown of an e-mail that does not have it.
let wanted = tabs[0];
function choose(tab) {
  for (const other of tabs) {
    other.setAttribute("aria-selected", String(other === tab));
    other.tabIndex = other === tab ? 0 : -1;
    $(other.getAttribute("aria-controls")).hidden = other !== tab;
  }
  if (tab.id === "tab-bytes" && shown) showBytes(shown);
}
async function showBytes(message) {
  const answer = await fetch(`/messages/${message.id}/raw`);
  const reader = answer.body.getReader(), decoder = new TextDecoder();
  let text = "", size = 0;
  for (let part; size < MOST_BYTES && !(part = await reader.read()).done;) {
    size += part.value.length;
    text += decoder.decode(part.value, { stream: true });
  }
  reader.cancel();
  if (size >= MOST_BYTES) text += "\n\n… more bytes follow in the file.";
  if (shown === message) $("bytes").querySelector("pre").textContent = text;
}
for (const tab of tabs) tab.addEventListener("click", () => choose(wanted = tab));
document.querySelector("[role=tablist]").addEventListener("keydown", event => {
  const there = tabs.filter(tab => !tab.hidden);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], at = there.indexOf(event.target);
  if (!step || at < 0) return;
  const next = there[(at + step + there.length) % there.length];
  choose(wanted = next);
  next.focus();
});
choose(tabs[0]);
