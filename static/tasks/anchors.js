// The tasks of a conversation: a card under the message that promised each, with its next time and what can be done.

import { tick } from "./countdown.js";
import { morph } from "../site/morph.js";

const PAUSE_MS = 300;

const store = document.getElementById("tasks");
const log = document.getElementById("log");
const card = (fresh) => log.querySelector(`#${CSS.escape(fresh.id)}`);
let timer = 0;

/** Put a card under its anchor, or bring the one that stands there up to date. */
function place(fresh) {
  const old = card(fresh);
  const anchor = log.querySelector(`.entry[data-seq="${fresh.dataset.anchor}"]`);
  if (old && old.parentElement === anchor) morph(old, fresh);
  else {
    old?.remove();
    anchor?.append(fresh);
  }
  // Buttons that are new do something, too.
  if (anchor) htmx.process(anchor);
}

/** Only a task that is paused can be resumed; the button stands on the message that told of the pause. */
function tellPaused({ dataset: { of, paused } }) {
  for (const button of log.querySelectorAll(`[data-resume="${CSS.escape(of)}"]`)) button.hidden = paused !== "yes";
}

function spread() {
  const cards = [...store.children];
  cards.forEach(tellPaused);
  cards.forEach(place);
  store.replaceChildren();
  tick();
}

const look = () => {
  timer = 0;
  htmx.trigger(store, "look");
};

/** Entries of tasks, and the ends of runs, may have changed a task; earlier entries may be anchors. */
function concern({ dataset }) {
  return dataset.task || dataset.ended || dataset.kind === "tool_result" || dataset.kind === "message";
}

/** Look again, for entries that are new to the page. */
export function tellTasks(entries) {
  if (entries.some(concern)) timer ||= setTimeout(look, PAUSE_MS);
}

store.addEventListener("htmx:afterSwap", spread);
document.body.addEventListener("changed", look);
document.addEventListener("visibilitychange", () => document.hidden || look());
spread();
