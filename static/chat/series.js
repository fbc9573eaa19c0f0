// What one task says time and again: a long series of it folds, and only its first message quotes what it answers.

import { beside } from "./dom.js";

// A series longer than this folds, down to what it said last.
const LONGEST = 6;
const KEPT = 3;

const isSeen = (entry) => entry.matches?.(".entry:not([hidden])");
const taskOf = (element) => element?.dataset?.task;

/** The entry that is seen before (or after) `entry`. */
function neighbour(entry, before) {
  let other = beside(entry, before);
  while (other && !isSeen(other)) other = beside(other, before);
  return other;
}

const quoted = (entry) => entry?.querySelector(":scope > .of-task > .quote")?.dataset.quote;
/** Whether the entry before quotes the same for the same task. */
const quotesAlike = (prior, entry) => taskOf(prior) === taskOf(entry) && Boolean(quoted(entry)) && quoted(prior) === quoted(entry);

/** The entries of the series that `entry` stands in, within its part of the log, in order. */
function seriesOf(entry) {
  const found = [entry];
  for (const [side, add] of [["previousElementSibling", "unshift"], ["nextElementSibling", "push"]]) {
    for (let other = entry[side]; other; other = other[side]) {
      if (other.matches(".entry") && !other.hidden && taskOf(other) !== taskOf(entry)) break;
      if (isSeen(other)) found[add](other);
    }
  }
  return found;
}

/** The lines of days between two entries. */
function daysBetween(first, last) {
  const found = [];
  for (let other = first.previousElementSibling?.matches(".day") ? first.previousElementSibling : first; other !== last; other = other.nextElementSibling) {
    if (other.matches(".day")) found.push(other);
  }
  return found;
}

const sentence = (number) => `Show ${number} earlier ${number === 1 ? "entry" : "entries"} of this task`;

/** Where what stays begins: with the words that asked for it, if they are near. */
function cut(series) {
  const asked = series.findLastIndex((entry, index) => entry.matches(".by-user") && index < series.length - 1);
  return asked >= series.length - LONGEST && asked > 0 ? asked : series.length - KEPT;
}

function fold(series) {
  const end = cut(series);
  const folded = series.slice(0, end);
  const days = daysBetween(folded[0], series[end]);
  [...folded, ...days.slice(0, -1)].forEach((element) => element.classList.add("folded"));
  const first = folded[0];
  const spare = days.length > 1 || (days.length === 1 && days[0] === first.previousElementSibling) ? days[0] : first;
  let button = series.map((entry) => entry.previousElementSibling).find((element) => element?.matches(".fold"));
  button ??= Object.assign(document.createElement("button"), { type: "button", className: "fold" });
  button.textContent = sentence(folded.length);
  (spare.isConnected ? spare : first).before(button);
}

/** Show all of the series that `entry` stands in. */
export function unfold(entry) {
  if (!taskOf(entry)) return;
  const series = seriesOf(entry);
  series.forEach((one) => {
    one.classList.remove("folded");
    one.classList.add("unfolded");
  });
  const lines = daysBetween(series[0], series.at(-1));
  lines.forEach((line) => line.classList.remove("folded"));
  for (const one of [...lines, ...series]) if (one.previousElementSibling?.matches(".fold")) one.previousElementSibling.remove();
}

/** Look at entries that are new to the log. */
export function tellSeries(entries) {
  const fresh = entries.filter((entry) => taskOf(entry) && isSeen(entry));
  for (const entry of fresh) {
    for (const one of [entry, neighbour(entry, false)]) {
      if (taskOf(one)) one.classList.toggle("continued", quotesAlike(neighbour(one, true), one));
    }
  }
  const seen = new Set();
  for (const entry of fresh) {
    if (seen.has(entry)) continue;
    const series = seriesOf(entry);
    series.forEach((one) => seen.add(one));
    if (series.length > LONGEST && !series.some((one) => one.matches(".unfolded"))) fold(series);
  }
}

document.getElementById("log").addEventListener("click", (event) => {
  const button = event.target.closest(".fold");
  if (!button) return;
  let entry = button.nextElementSibling;
  while (entry && !entry.matches(".entry")) entry = entry.nextElementSibling;
  if (!entry) return;
  unfold(entry);
  entry.tabIndex = -1;
  entry.focus({ preventScroll: true });
});
