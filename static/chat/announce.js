// Reads out what comes in, once and whole: not each word as it streams, and not what was loaded from earlier.

import { byId } from "./dom.js";

const LONGEST = 1000;
// Long enough to be taken up by a screen reader; what is left standing would be found there a second time.
const STANDS_MS = 2000;
const OF = {
  message: (entry) => (entry.matches(".by-user") ? "" : entry.querySelector(".prose").textContent),
  help_request: (entry) => `A question for you: ${entry.querySelector(".asks").textContent}`,
  error: (entry) => entry.querySelector(".problem p").textContent,
};

/** Say what these new entries say. */
export function announce(entries) {
  const words = entries.map((entry) => OF[entry.dataset.kind]?.(entry).trim() ?? "").filter(Boolean);
  if (!words.length) return;
  const said = document.createElement("span");
  said.textContent = words.join("\n").slice(0, LONGEST);
  byId("announcer").append(said);
  setTimeout(() => said.remove(), STANDS_MS);
}
