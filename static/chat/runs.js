// One card for each run of a workflow, kept up to date by what the log says of the run; messages and cards may come in any
// order, for earlier stretches of the log are loaded later.

import { log } from "./dom.js";

// What each run's messages said, by run: of each step in each round, and of the whole; with the seq that said it.
const told = new Map();
// A status as people read it, and in which look; others are their own word.
const WORDS = { waiting: "Waiting for you", retrying: "Waiting for the model" };
const inWords = (status) => WORDS[status] ?? status[0].toUpperCase() + status.slice(1);

function note({ dataset: { run, step, round, standing, ended, seq } }) {
  const parts = told.get(run) ?? told.set(run, new Map()).get(run);
  const status = step ? standing : ended;
  const key = step ? `${step} ${round}` : "";
  const known = parts.get(key);
  const at = Number(seq);
  if (!status) return;
  const first = Math.min(at, known?.first ?? at);
  parts.set(key, known && known.last > at ? { ...known, first } : { status, step, round: Number(round), first, last: at });
}

/** A step; that it stands well or badly is told by a colour, and in words for whoever does not see it. */
function chip({ step, round, status }) {
  const item = Object.assign(document.createElement("li"), { textContent: round > 1 ? `${step} ×${round}` : step, title: inWords(status) });
  item.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: `: ${inWords(status)}` }));
  item.dataset.status = status;
  return item;
}

function standing(run, parts, card) {
  if (parts.has("")) return parts.get("").status;
  if (log.querySelector(`[data-run="${CSS.escape(run)}"] > .question:not(.closed)`)) return "waiting";
  return parts.size ? "running" : card.querySelector(".badge").dataset.status;
}

function show(run) {
  const card = log.querySelector(`[data-card="${CSS.escape(run)}"]`);
  if (!card) return;
  const parts = told.get(run);
  const steps = [...parts.values()].filter(({ step }) => step).sort((one, other) => one.first - other.first);
  const status = standing(run, parts, card);
  card.querySelector(".run-steps").replaceChildren(...steps.map(chip));
  Object.assign(card.querySelector(".badge"), { textContent: inWords(status) }).dataset.status = status;
}

/** Bring the cards in line with entries that are new to the page. */
export function tellRuns(entries) {
  entries.filter(({ dataset }) => dataset.kind === "status" && dataset.run).forEach(note);
  new Set(entries.map(({ dataset }) => dataset.run)).forEach((run) => told.has(run) && show(run));
}

/** Whether a run is a workflow's: those have cards, and go on when the conversation's turns are stopped. */
export const isWorkflow = (run) => [...(told.get(run)?.keys() ?? [])].some(Boolean) || Boolean(log.querySelector(`[data-card="${CSS.escape(run)}"]`));
