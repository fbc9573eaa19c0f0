// What the log's entries say about each other: results join their calls, answers close their questions, and all of
// it together says what is going on. Every pass may run again without harm.

import { byId, log } from "./dom.js";

const sameDay = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const otherDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const all = (selector, root = log) => [...root.querySelectorAll(selector)];
const run = (element) => element.closest("[data-run]")?.dataset.run;

function tellTimes() {
  for (const time of all("time[datetime]:not([title])")) {
    const at = new Date(time.dateTime);
    const near = at.toDateString() === new Date().toDateString();
    time.textContent = (near ? sameDay : otherDay).format(at);
    time.title = full.format(at);
  }
}

function addCopyButtons() {
  for (const block of all(".prose > pre")) {
    const frame = document.createElement("div");
    const button = document.createElement("button");
    frame.className = "code";
    button.className = "button copy";
    button.type = "button";
    button.textContent = "Copy";
    block.replaceWith(frame);
    frame.append(block, button);
  }
}

function joinResults() {
  for (const result of all(".entry:not([hidden]) > [data-result]")) {
    const calls = all(`[data-call="${CSS.escape(result.dataset.result)}"]`);
    const call = calls.findLast((one) => run(one) === run(result) && !one.dataset.status);
    if (!call) continue;
    call.dataset.status = result.dataset.status;
    call.querySelector(".state").replaceWith(result.querySelector(".state"));
    call.append(result.querySelector("section"));
    result.closest(".entry").hidden = true;
  }
}

function close(question, sentence) {
  question.classList.add("closed");
  question.querySelectorAll("form").forEach((form) => form.remove());
  const line = question.querySelector(".answered");
  line.replaceChildren(...sentence);
  line.hidden = false;
}

function closeQuestions(ended) {
  for (const answer of all(".entry:not([hidden]) > [data-answers]")) {
    const question = log.querySelector(`[data-request="${CSS.escape(answer.dataset.answers)}"]`);
    if (!question) continue;
    close(question, answer.childNodes);
    answer.closest(".entry").hidden = true;
  }
  for (const question of all(".question:not(.closed)")) if (ended.has(run(question))) close(question, ["No answer is needed any more."]);
}

function endCalls(ended) {
  for (const state of all('.state[data-state="running"]')) if (ended.has(run(state))) Object.assign(state, { textContent: "cut off" }).dataset.state = "unknown";
}

function describe(runs) {
  if (all(".question:not(.closed)").length) return ["Waiting for your answer", "waiting"];
  if (all(".draft:not(:empty)", byId("drafts")).length) return ["Answering…", "working"];
  const call = all('.state[data-state="running"]').findLast((state) => runs.has(run(state)));
  if (call) return [`${call.closest(".card").querySelector(".name").textContent}…`, "working"];
  const note = all(".entry").at(-1)?.querySelector("[data-note]");
  return [note?.dataset.note ?? "Thinking…", "working"];
}

function tellActivity(ended) {
  const runs = new Set([...all("[data-run]"), ...all(".draft:not(:empty)", byId("drafts"))].map((one) => one.dataset.run));
  ended.forEach((one) => runs.delete(one));
  const [sentence, state] = runs.size ? describe(runs) : ["", ""];
  const line = byId("activity");
  if (line.textContent !== sentence) line.textContent = sentence;
  line.dataset.state = state;
  line.hidden = !sentence;
  byId("stop").hidden = !runs.size;
}

/** Bring the page in line with its entries. Looks at the log as a whole, so call it once after each change. */
export function settle() {
  const ended = new Set(all("[data-ended]").map((entry) => entry.dataset.run));
  tellTimes();
  addCopyButtons();
  joinResults();
  closeQuestions(ended);
  endCalls(ended);
  tellActivity(ended);
}
