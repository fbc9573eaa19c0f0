// What was sent and not yet accepted. It survives a reload, and goes out again, under the same client_id, whenever
// the socket comes back: so nothing is lost, and the server makes one message of however many copies.

import { byId, newest, page } from "./dom.js";

const key = `outbox:${page.dataset.conversation}`;
let waiting = JSON.parse(sessionStorage.getItem(key) ?? "[]");

const save = () => sessionStorage.setItem(key, JSON.stringify(waiting));
const shown = (id) => byId("pending").querySelector(`[data-client="${CSS.escape(id)}"]`);

function show({ client_id, text }) {
  const entry = byId("pending-entry").content.cloneNode(true).firstElementChild;
  entry.dataset.client = client_id;
  entry.querySelector(".bubble").textContent = text;
  byId("pending").append(entry);
}

/** Keep `text` until it is accepted; the frame's data. */
export function keep(text) {
  const data = { text, client_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, seen: newest() };
  waiting.push(data);
  save();
  show(data);
  return data;
}

/** Everything that is not accepted yet, oldest first. */
export const unsent = () => waiting;

/** The server has it: it is shown here until the log shows it. */
export function accepted({ client_id, seq }) {
  waiting = waiting.filter((data) => data.client_id !== client_id);
  save();
  const entry = shown(client_id);
  if (!entry) return;
  entry.dataset.seq = seq;
  tidy();
}

/** The server will not have it: its text, or nothing if it was no message. */
export function refused(client_id) {
  const data = waiting.find((one) => one.client_id === client_id);
  if (!data) return "";
  waiting = waiting.filter((one) => one !== data);
  save();
  shown(client_id)?.remove();
  return data.text;
}

/** Drop what the log shows by now. */
export function tidy() {
  const last = newest();
  for (const entry of byId("pending").querySelectorAll("[data-seq]")) if (Number(entry.dataset.seq) <= last) entry.remove();
}

waiting.forEach(show);
