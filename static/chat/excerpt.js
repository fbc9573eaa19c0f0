// Older messages of a conversation, to read: more of them come at both ends, and nothing is sent from here.

import { entriesIn, log, scroll } from "./dom.js";
import { settle } from "./entries.js";
import { showPointed } from "./pointed.js";

function take(entries) {
  settle(entries);
  for (const fields of log.querySelectorAll("fieldset:enabled")) fields.disabled = true;
}

const watcher = new MutationObserver((records) => {
  take(entriesIn(records.flatMap((record) => [...record.addedNodes])));
  watcher.takeRecords();
});

// What comes above pushes nothing down, at the very top neither, where no browser sees to it.
let fromEnd = 0;
const isEarlier = (event) => event.detail.requestConfig?.path.includes("/earlier/");
log.addEventListener("htmx:beforeSwap", () => (fromEnd = scroll.scrollHeight - scroll.scrollTop));
log.addEventListener("htmx:afterSwap", (event) => {
  if (isEarlier(event)) scroll.scrollTop = scroll.scrollHeight - fromEnd;
});

take(entriesIn([...log.children]));
watcher.observe(log, { childList: true });
showPointed();
scroll.focus({ preventScroll: true });
