// Older messages of a conversation, to read: more of them come at both ends, and nothing is sent from here.

import { log, scroll } from "./dom.js";
import { settle } from "./entries.js";
import { showPointed } from "./pointed.js";

function take(entries) {
  settle(entries);
  for (const fields of log.querySelectorAll("fieldset:enabled")) fields.disabled = true;
}

const watcher = new MutationObserver((records) => {
  take(records.flatMap((record) => [...record.addedNodes]).filter((node) => node.matches?.(".entry")));
  watcher.takeRecords();
});
take([...log.querySelectorAll(":scope > .entry")]);
watcher.observe(log, { childList: true });
showPointed();
scroll.focus({ preventScroll: true });
