// What is going on, in a line; what can be stopped; and whether words in the message box would answer a question.

import { beside, box, byId, log } from "./dom.js";
import { goingOn } from "./entries.js";
import { pointAt } from "./pointed.js";
import { isWorkflow } from "./runs.js";

const PLACEHOLDERS = {
  question: "Write your answer…",
  choice: "Or answer in your own words…",
  confirmation: "Answer yes or no, or write something else…",
};
const OWN = box.placeholder;
const LONG_MS = 15_000;

const drafting = () => byId("drafts").querySelector(".draft:not(:empty)");

function sentence({ call, working, asking }) {
  if (!working.length) return asking.length ? "Waiting for your answer" : "";
  if (drafting()) return "Answering…";
  if (working.every(isWorkflow)) return "A workflow is at work…";
  if (call) return `${call.querySelector(".name").textContent}…`;
  return working.map(noteOf).find(Boolean) ?? thinking(working.map(lastOf).filter(Boolean));
}

const lastOf = (run) => [...log.querySelectorAll(`.entry[data-run="${CSS.escape(run)}"]`)].at(-1);

/** For how long nothing has come, once that is long enough to wonder; in steps, for each is announced. */
function thinking(entries) {
  const since = Math.max(...entries.map((entry) => Date.parse(entry.dataset.at)));
  const steps = Math.floor((Date.now() - since) / LONG_MS);
  if (!(steps > 0)) return "Thinking…";
  return `Thinking for ${steps < 4 ? `${steps * 15} s` : `${Math.floor(steps / 4)} min`}…`;
}

/** What a run said of a wait, if nothing has come of it since; without its seconds once they are over. */
function noteOf(run) {
  const last = lastOf(run);
  const note = last?.querySelector("[data-note]");
  if (!note) return undefined;
  const left = Date.parse(last.dataset.at) + 1000 * note.dataset.seconds - Date.now();
  if (left > 0) setTimeout(tellActivity, left);
  return left > 0 ? note.dataset.note : note.dataset.note.replace(/ in \d+ s/, "");
}

/** Words answer a question when it is the only one, and of a kind that words can answer (the server's rule too). */
function tellAnswering({ asking }) {
  const kind = asking.length === 1 ? asking[0].dataset.plain : undefined;
  for (const question of asking) question.querySelector(".in-words")?.toggleAttribute("hidden", asking.length === 1);
  box.placeholder = PLACEHOLDERS[kind] ?? OWN;
  byId("answering").hidden = !kind;
  if (kind) byId("answering").querySelector("q").textContent = asking[0].querySelector(".asks").textContent.trim().slice(0, 200);
}

/** Say what is going on. */
export function tellActivity() {
  const state = goingOn();
  const line = byId("activity");
  const text = sentence(state);
  if (line.textContent !== text) line.textContent = text;
  line.dataset.state = state.working.length ? "working" : "waiting";
  line.hidden = !text;
  // Stopping is for turns: a workflow's run is cancelled on its own page.
  const turns = state.working.filter((run) => !isWorkflow(run));
  byId("stop").hidden = !turns.length;
  byId("stop-asking").hidden = Boolean(turns.length) || !state.asking.some((question) => !isWorkflow(question.closest(".entry").dataset.run));
  byId("to-question").hidden = !state.asking.some(isFarUp);
  tellAnswering(state);
}

/** Whether something that is seen stands below a question. */
function isFarUp(question) {
  if (question.closest("#asked")) return false;
  let other = beside(question.closest(".entry"), false);
  while (other && (other.hidden || !other.matches(".entry"))) other = beside(other, false);
  return Boolean(other);
}

/** Go to a question that other entries have pushed out of sight. */
export function toQuestion() {
  const question = goingOn().asking.find(isFarUp);
  if (!question) return;
  pointAt(question.closest(".entry"));
  question.querySelector("button, input, a")?.focus({ preventScroll: true });
}

setInterval(() => document.hidden || tellActivity(), 5000);
