// Where the reader is in the log. It scrolls upwards from its end (column-reverse), so 0 is the end, and it stays there
// by itself while the log grows. Nothing here makes the browser lay out the page before it would.

import { byId, scroll } from "./dom.js";

const NEAR = 60;
const FAR = 300;
// Who scrolled up keeps their place when something comes; browsers without scroll anchoring are helped.
const anchored = CSS.supports("overflow-anchor", "auto");

let up = 0;
let height = 0;
let news = false;

function tell() {
  const button = byId("newest");
  if (up < NEAR) news = false;
  const hidden = up < FAR && !news;
  if (button.hidden === hidden && button.classList.contains("news") === news) return;
  button.hidden = hidden;
  button.classList.toggle("news", news);
  button.querySelector("span").textContent = news ? "New messages" : "Newest messages";
}

/** Go to the end of the log. */
export function toEnd() {
  if (up) scroll.scrollTop = 0;
  up = 0;
  tell();
}

/** The log has grown at its end; `more` says whether by whole entries. */
export function grown(more) {
  if (up < NEAR) return toEnd();
  if (!anchored) scroll.scrollTop -= scroll.scrollHeight - height;
  if (!anchored) height = scroll.scrollHeight;
  news ||= more;
  tell();
}

scroll.addEventListener(
  "scroll",
  () => {
    up = -scroll.scrollTop;
    if (!anchored) height = scroll.scrollHeight;
    tell();
  },
  { passive: true },
);
byId("newest").addEventListener("click", toEnd);
