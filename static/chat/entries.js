// What the log's entries say about each other: results join their calls, answers close their questions, a run's end ends
// what it left open. Each entry is looked at once, when it comes; what belongs to it may have come before, or come later.

import { beside, byId, log, page } from "./dom.js";
import { hide, tellTimes } from "./days.js";
import "./quotes.js";
import { tellRuns } from "./runs.js";
import { tellSeries } from "./series.js";

const calls = new Map();
const results = new Map();
const questions = new Map();
const answers = new Map();
const ended = new Set();
const retried = new Set();
const open = new Set();

const entryOf = (element) => element.closest(".entry");
const runOf = (element) => entryOf(element).dataset.run;
const key = (element, name) => `${runOf(element)} ${element.dataset[name]}`;

/** How long it took, in words; nothing for what was there at once. */
function took(from, to) {
  const seconds = (Date.parse(to.dataset.at) - Date.parse(from.dataset.at)) / 1000;
  if (seconds < 0.1) return "";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 60 ? `${Math.round(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function joinResult(call, result) {
  const state = result.querySelector(".state");
  const time = took(entryOf(call), entryOf(result));
  if (time) state.append(Object.assign(document.createElement("span"), { className: "took", textContent: time }));
  call.dataset.status = result.dataset.status;
  call.querySelector(".state").replaceWith(state);
  call.append(result.querySelector("section"));
  hide(entryOf(result));
}

function close(question, ...sentence) {
  question.classList.add("closed");
  question.querySelectorAll("form").forEach((form) => form.remove());
  const line = question.querySelector(".answered");
  line.replaceChildren(...sentence);
  line.hidden = false;
}

function joinAnswer(question, answer) {
  close(question, ...answer.childNodes);
  hide(entryOf(answer));
}

/** Words that were typed as an answer are told by the question. */
function hideTyped(answer) {
  const typed = beside(entryOf(answer), true);
  if (!typed?.matches(".message.by-user") || typed.dataset.run !== runOf(answer)) return;
  if (typed.querySelector(".bubble").textContent === answer.querySelector("strong").textContent) hide(typed);
}

/** Both of a pair, whichever came first: `mine` waits in its map until the other stands in `theirs`. */
function pair(id, mine, mines, theirs, join) {
  const other = theirs.get(id);
  if (!other) return mines.set(id, mine);
  theirs.delete(id);
  return join(other);
}

/** A question from further up was shown below the log until its own place was loaded. */
function standInPlace(question) {
  const same = byId("asked")?.querySelector(`[data-request="${CSS.escape(question.dataset.request)}"]`);
  if (same && same !== question) entryOf(same).remove();
}

const KINDS = {
  tool_use: ({ firstElementChild: call }) => pair(key(call, "call"), call, calls, results, (result) => joinResult(call, result)),
  tool_result({ firstElementChild: result }) {
    pair(key(result, "result"), result, results, calls, (call) => joinResult(call, result));
  },
  help_request(entry) {
    // Above a task's question stands which task it is of.
    const question = entry.querySelector(":scope > .question");
    standInPlace(question);
    pair(question.dataset.request, question, questions, answers, (answer) => joinAnswer(question, answer));
  },
  help_answer({ firstElementChild: answer }) {
    if (answer.dataset.by === page.dataset.me) answer.querySelector(".what").textContent = "You answered";
    hideTyped(answer);
    pair(answer.dataset.answers, answer, answers, questions, (question) => joinAnswer(question, answer));
  },
  message(entry) {
    const answer = beside(entry, false)?.querySelector("[data-answers]");
    if (answer) hideTyped(answer);
    decorate(entry);
  },
};

/** Give an answer and its blocks of code the buttons that copy them. */
function decorate(entry) {
  if (entry.matches(".by-user")) return;
  for (const block of entry.querySelectorAll(".prose > pre")) {
    const frame = Object.assign(document.createElement("div"), { className: "code" });
    const button = Object.assign(document.createElement("button"), { className: "button copy", type: "button", textContent: "Copy" });
    const language = block.querySelector("code")?.className.replace("language-", "");
    if (language) frame.dataset.language = language;
    block.replaceWith(frame);
    frame.append(block, button);
  }
  const actions = byId("answer-actions");
  if (actions) entry.querySelector(".meta").append(actions.content.cloneNode(true));
}

function note(entry) {
  const { run, retries } = entry.dataset;
  if (retries) retried.add(retries);
  if (!run) return;
  if ("ended" in entry.dataset) ended.add(run);
  if (ended.has(run)) open.delete(run);
  else open.add(run);
}

/** What nobody will answer, finish or try again any more. */
function endWhatIsOver(entries) {
  for (const [id, call] of calls) {
    if (!ended.has(runOf(call))) continue;
    calls.delete(id);
    Object.assign(call.querySelector(".state"), { textContent: "cut off" }).dataset.state = "unknown";
  }
  for (const [id, question] of questions) {
    if (!ended.has(runOf(question))) continue;
    questions.delete(id);
    close(question, "No answer is needed any more.");
  }
  const fresh = entries.some((entry) => entry.dataset.retries) ? [log] : entries;
  for (const button of fresh.flatMap((part) => [...part.querySelectorAll("[data-retry]")])) button.hidden ||= retried.has(button.dataset.retry);
}

/** A call that waits for an answer is not at work. */
function tellWaiting() {
  const asked = new Set([...questions.values()].map((question) => key(question, "of")));
  for (const [id, call] of calls) {
    const [state, words] = asked.has(id) ? ["waiting", "waiting for you"] : ["running", "working"];
    Object.assign(call.querySelector(".state"), { textContent: words }).dataset.state = state;
  }
}

/** Bring the page in line with entries that are new to it, wherever in the log they stand. */
export function settle(entries) {
  entries.forEach(note);
  for (const entry of entries) KINDS[entry.dataset.kind]?.(entry);
  tellTimes(entries);
  tellSeries(entries);
  tellRuns(entries);
  endWhatIsOver(entries);
  tellWaiting();
}

/** What is going on: the runs at work, the questions that are open, and the call that came last. */
export function goingOn() {
  const asking = [...questions.values()];
  const waiting = new Set(asking.map(runOf));
  const call = [...calls.values()].findLast((one) => !entryOf(one).hidden);
  return { asking, working: [...open].filter((run) => !waiting.has(run)), call };
}
