// Writing a mail, answering one, and sending a file as it is.

import { address, name } from "./threads.js";
import { $, isDesks, make, say } from "./reading.js";

const dialog = $("writing"), form = dialog.querySelector("form");
const field = name => form.elements.namedItem(name);
const VERDICTS = ["spf", "dkim", "dmarc", "spam", "virus"];
const ADA = "Ada Martin <ada@customer.example>";
// What the open form is an answer to.
let answered = null, sent = () => {};

for (const verdict of VERDICTS) {
  const scans = ["spam", "virus"].includes(verdict) ? ["disabled"] : [];
  for (const value of ["pass", "fail", "gray", "processing_failed", ...scans])
    field(verdict).append(make("option", value.replace("_", " "), { value }));
}
for (const [what, ours] of Object.entries(document.body.dataset))
  $("desk").append(make("option", { escalation: "takes escalations", p1: "opens P1s", reply: "takes replies" }[what], { value: ours }));

/** Offers addresses that have been seen. */
export function offer(mails) {
  const known = new Set([...$("known").children].map(option => option.value));
  for (const { from, to } of mails) for (const one of [from, to]) {
    if (isDesks(one) || known.has(one) || one.includes(",")) continue;
    known.add(one);
    for (const list of ["known", "desk"]) $(list).append(make("option", undefined, { value: one }));
  }
}

/** What is called with the id of a mail that was sent. */
export function onSent(callback) { sent = callback; }

export function write() {
  // What was typed and not sent is still there.
  if (answered || !field("text").value) fill({ from: ADA, to: document.body.dataset.escalation ?? "", subject: "", text: "" }, null);
  open("Write a mail", field("subject").value ? "text" : "subject");
}

export function reply(message) {
  const header = wanted => Object.entries(message.headers).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";
  const subject = /^re\s*:/i.test(message.subject) ? message.subject : "Re: " + message.subject;
  const quoted = (message.text ?? "").trimEnd().split("\n").map(line => (line.startsWith(">") ? ">" : "> ") + line.trimEnd());
  const at = new Date(message.sent_at), day = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  const when = `${at.toLocaleDateString("en-GB", day)} at ${at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
  const id = header("message-id");
  fill({
    from: message.to,
    to: header("reply-to") || message.from,
    subject,
    text: `\n\nOn ${when}, ${name(message.from)} <${address(message.from)}> wrote:\n${quoted.join("\n")}\n`,
  }, { in_reply_to: id || undefined, references: [header("references"), id].filter(Boolean).join(" ").replace(/\s+/g, " ") || undefined });
  open("Reply", "text");
  field("text").setSelectionRange(0, 0);
  field("text").scrollTop = 0;
}

function fill(values, about) {
  form.reset();
  answered = about;
  for (const [name, value] of Object.entries(values)) field(name).value = value;
}
function open(title, focus) {
  $("writing-title").textContent = title;
  chooseFile();
  refuse(null);
  tellVerdicts();
  dialog.showModal();
  field(focus).focus();
}
function chooseFile() {
  const file = $("w-file").files[0];
  form.querySelector(".typed").hidden = Boolean(file);
  form.querySelector(".filed").hidden = !file;
  $("no-file").hidden = !file;
  $("file-name").textContent = file ? `${file.name}, ${file.size.toLocaleString()} bytes, as it is` : "";
}
function tellVerdicts() {
  const not = VERDICTS.filter(verdict => field(verdict).value !== "pass");
  const told = not.map(verdict => `${verdict} ${field(verdict).selectedOptions[0].textContent}`);
  $("found-out").textContent = told.length ? told.join(", ") : "it passes everything";
}
function refuse(answer) {
  $("refused").hidden = answer === null;
  $("refused").textContent = answer?.message ?? "";
  const file = Boolean($("w-file").files[0]);
  // What the desk calls a field is another one here, where a file has the headers.
  const here = file ? { from: "envelope", to: "file_to" } : {};
  const wrong = new Set((answer?.errors ?? []).map(error => here[error.field] ?? error.field));
  for (const input of form.querySelectorAll("[name]")) {
    input.setAttribute("aria-invalid", String(wrong.has(input.name)));
    if (wrong.has(input.name)) input.setAttribute("aria-describedby", "refused");
    else input.removeAttribute("aria-describedby");
  }
  if (form.querySelector("details [aria-invalid=true]")) form.querySelector("details").open = true;
  form.querySelector("[aria-invalid=true]")?.focus();
}

function request() {
  const query = new URLSearchParams(VERDICTS.map(verdict => [verdict, field(verdict).value]));
  if (field("dkim_domain").value) query.set("dkim_domain", field("dkim_domain").value.trim());
  if (field("envelope").value) query.set("from", address(field("envelope").value));
  const file = $("w-file").files[0];
  if (file) {
    for (const to of field("file_to").value.split(",").map(address)) if (to) query.append("to", to);
    return ["/messages?" + query, "message/rfc822", file];
  }
  const mail = Object.fromEntries(["from", "to", "subject", "text"].map(name => [name, field(name).value]));
  return ["/compose?" + query, "application/json", JSON.stringify({ ...mail, ...answered })];
}
form.addEventListener("submit", async event => {
  event.preventDefault();
  const [path, type, body] = request(), button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": type }, body });
    const said = await answer.json();
    if (!answer.ok) return refuse(said);
    form.reset();
    answered = null;
    dialog.close();
    say("The mail was sent.");
    await sent(said.id);
  } catch (error) {
    console.error(error);
    refuse({ message: "The desk does not answer, or the file cannot be read. Nothing was sent." });
  } finally { button.disabled = false; }
});
form.querySelector(".verdicts").addEventListener("change", tellVerdicts);
$("w-file").addEventListener("change", chooseFile);
$("no-file").addEventListener("click", () => { $("w-file").value = ""; chooseFile(); field("from").focus(); });
$("cancel").addEventListener("click", () => dialog.close());
