// Answering a question in its card.

import { notice, page } from "./dom.js";
import { refocus } from "./composer.js";
import * as socket from "./socket.js";

const MARK = "answer:";

function lock(request_id, locked) {
  page.querySelectorAll(`[data-request="${CSS.escape(request_id)}"] fieldset`).forEach((fields) => (fields.disabled = locked));
}

/** What the form says: the button pressed, words, and the arguments of a call that somebody changed. Throws on what is no JSON. */
function said(form, button) {
  const typed = form.querySelector("input[name=response]")?.value.trim();
  const changed = form.querySelector("textarea[name=arguments]");
  const words = typed ? { response: typed } : {};
  const call = changed && changed.value !== changed.defaultValue ? { arguments: JSON.parse(changed.value) } : {};
  return { ...words, ...call, ...(button?.name ? { [button.name]: button.value } : {}) };
}

function answer(form, button) {
  const request_id = form.dataset.answer;
  let value;
  try {
    value = said(form, button);
  } catch (error) {
    notice(`The arguments are not JSON: ${error.message}`);
    return;
  }
  const args_hash = form.dataset.hash ? { args_hash: form.dataset.hash } : {};
  if (!value.response && !value.decision) return;
  if (!socket.send("respond", { request_id, ...value, ...args_hash, client_id: `${MARK}${request_id}` })) {
    notice("You are offline: answer again when the connection is back.");
    return;
  }
  notice("");
  button?.classList.add("chosen");
  lock(request_id, true);
  refocus();
}

/** The answers to choose from are one stop for Tab and arrows, as radio buttons would be; Enter and space choose. */
function move(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const button = event.target.closest(".choice");
  if (!step || !button) return;
  event.preventDefault();
  const all = [...button.parentElement.querySelectorAll(".choice")];
  all.at((all.indexOf(button) + step) % all.length).focus();
}

/** Whether the refused frame was an answer; it can be given again then. */
export function refused(client_id) {
  if (!client_id?.startsWith(MARK)) return false;
  lock(client_id.slice(MARK.length), false);
  return true;
}

/** The connection is gone, and nobody knows whether the last answer arrived: it may be given again. */
export function unlock() {
  page.querySelectorAll("[data-request] fieldset:disabled").forEach((fields) => (fields.disabled = false));
}

/** Watch the cards. */
export function watch() {
  page.addEventListener("submit", (event) => {
    if (!event.target.dataset.answer) return;
    event.preventDefault();
    answer(event.target, event.submitter);
  });
  page.addEventListener("keydown", move);
}
