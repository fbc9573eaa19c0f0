// A quote above a reply leads back to the message that it answers: on this page where that stands here, else to where it is.

import { log } from "./dom.js";
import { pointAt } from "./pointed.js";

log.addEventListener("click", (event) => {
  const quote = event.target.closest("[data-quote]");
  if (!quote || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const answered = log.querySelector(`.entry[data-seq="${CSS.escape(quote.dataset.quote)}"]`);
  if (!answered) return;
  event.preventDefault();
  const shown = pointAt(answered);
  // Whoever uses the keyboard goes on from there.
  if (shown) Object.assign(shown, { tabIndex: -1 }).focus({ preventScroll: true });
});
