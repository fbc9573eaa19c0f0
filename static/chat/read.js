// Tells the server what was seen, so that the list marks only what was not.

import { newest, page } from "./dom.js";

const PAUSE_MS = 700;

let told = Number(page.dataset.shown);
let timer = 0;

function tell() {
  timer = 0;
  const seq = newest();
  if (seq <= told || document.visibilityState !== "visible") return;
  told = seq;
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  fetch(page.dataset.read, { method: "POST", headers, body: new URLSearchParams({ seq }), keepalive: true }).catch(() => (told = 0));
}

/** Something new may have been seen. */
export function seen() {
  timer ||= setTimeout(tell, PAUSE_MS);
}

document.addEventListener("visibilitychange", seen);
// Whoever leaves has seen what stands there.
addEventListener("pagehide", tell);
