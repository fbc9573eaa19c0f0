// Where the reader is in the log. It scrolls upwards from its end (column-reverse), so 0 is the end, and it stays there
// by itself while the log grows.

import { byId, scroll } from "./dom.js";

const NEAR = 60;
const FAR = 300;
// Who scrolled up keeps their place when something comes; browsers without scroll anchoring are helped.
const anchored = CSS.supports("overflow-anchor", "auto");

let news = false;
let height = scroll.scrollHeight;
let near = true;

function tell() {
  const button = byId("newest");
  if (near) news = false;
  button.hidden = -scroll.scrollTop < FAR && !news;
  button.classList.toggle("news", news);
  button.querySelector("span").textContent = news ? "New messages" : "Newest messages";
}

/** Go to the end of the log. */
export function toEnd() {
  near = true;
  scroll.scrollTop = 0;
  tell();
}

/** The log has grown at its end; `more` says whether by whole entries. */
export function grown(more) {
  if (near) return toEnd();
  if (!anchored) scroll.scrollTop -= scroll.scrollHeight - height;
  height = scroll.scrollHeight;
  news ||= more;
  tell();
}

scroll.addEventListener(
  "scroll",
  () => {
    near = -scroll.scrollTop < NEAR;
    height = scroll.scrollHeight;
    tell();
  },
  { passive: true },
);
byId("newest").addEventListener("click", toEnd);
