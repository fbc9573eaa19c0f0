// The chat page: what a person does, and what comes back.

import { box, byId, composer, log, page, scroll, notice } from "./dom.js";
import "./upsert.js";
import { settle } from "./entries.js";
import * as outbox from "./outbox.js";
import * as socket from "./socket.js";

const typed = `typed:${page.dataset.conversation}`;
let atBottom = true;

const toBottom = () => atBottom && (scroll.scrollTop = scroll.scrollHeight);

function say(text) {
  if (!text.trim()) return true;
  // A larger frame would cost the connection; what else is wrong with a text the server says in a sentence.
  if (new Blob([JSON.stringify(text)]).size > 60_000) {
    notice("This is too long for one message: send it in parts.");
    return false;
  }
  notice("");
  const data = outbox.keep(text);
  socket.send("message", data);
  atBottom = true;
  toBottom();
  return true;
}

function sendTyped() {
  if (!say(box.value)) return;
  box.value = "";
  sessionStorage.removeItem(typed);
  grow();
  box.focus();
}

/** For browsers without field-sizing. */
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

function answer(form, button) {
  const request_id = form.dataset.answer;
  const value = button?.name ? { [button.name]: button.value } : { response: form.elements.response.value.trim() };
  const args_hash = form.dataset.hash ? { args_hash: form.dataset.hash } : {};
  if (!value.response && !value.decision) return;
  if (!socket.send("respond", { request_id, ...value, ...args_hash, client_id: `answer:${request_id}` })) {
    notice("You are offline: answer again when the connection is back.");
    return;
  }
  notice("");
  lock(request_id, true);
  box.focus();
}

function lock(request_id, locked) {
  log.querySelectorAll(`[data-request="${CSS.escape(request_id)}"] fieldset`).forEach((fields) => (fields.disabled = locked));
}

function unlockAll() {
  log.querySelectorAll("[data-request] fieldset").forEach((fields) => (fields.disabled = false));
}

function refuse({ client_id, detail }) {
  notice(detail);
  if (client_id?.startsWith("answer:")) return lock(client_id.slice("answer:".length), false);
  const text = outbox.refused(client_id);
  if (!text) return;
  // The words are the person's: give them back, unless new ones stand there.
  box.value = box.value ? `${text}\n${box.value}` : text;
  grow();
}

const signals = {
  ready() {
    socket.ready();
    outbox.unsent().forEach((data) => socket.send("message", data));
  },
  accepted: outbox.accepted,
  refused: refuse,
};

function hear() {
  for (const signal of [...byId("signals").children]) {
    signal.remove();
    signals[signal.dataset.type]?.(JSON.parse(signal.dataset.detail));
  }
}

function refresh() {
  settle();
  outbox.tidy();
  toBottom();
}

async function copy(button) {
  await navigator.clipboard.writeText(button.previousElementSibling.textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  sendTyped();
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendTyped();
});
box.addEventListener("input", () => {
  sessionStorage.setItem(typed, box.value);
  grow();
});
log.addEventListener("submit", (event) => {
  if (!event.target.dataset.answer) return;
  event.preventDefault();
  answer(event.target, event.submitter);
});
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-example], .copy, #stop");
  if (!target) return;
  if (target.matches("[data-example]")) say(target.textContent);
  else if (target.matches(".copy")) copy(target);
  else if (!socket.send("stop")) notice("You are offline: stop it when the connection is back.");
});
scroll.addEventListener("scroll", () => (atBottom = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60), { passive: true });

let lastEntries = log.childElementCount;
page.addEventListener("htmx:wsAfterMessage", () => {
  hear();
  refresh();
  // A first message gives the conversation its title.
  if (log.childElementCount !== lastEntries && log.childElementCount < 8) htmx.trigger(document.body, "conversations-changed");
  lastEntries = log.childElementCount;
});
let fromEnd = 0;
log.addEventListener("htmx:beforeSwap", () => (fromEnd = scroll.scrollHeight - scroll.scrollTop));
log.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig?.verb !== "get") return;
  settle();
  scroll.scrollTop = scroll.scrollHeight - fromEnd;
});
document.body.addEventListener("htmx:responseError", (event) => notice(event.detail.xhr.responseText.length < 300 ? event.detail.xhr.responseText : "That did not work. Reload the page and try again."));
document.body.addEventListener("htmx:sendError", () => notice("The server cannot be reached: try again in a moment."));
document.body.addEventListener("htmx:afterSettle", (event) => {
  const title = document.querySelector("#conversations [aria-current]")?.textContent;
  if (!title || event.target.id !== "conversations") return;
  page.querySelector("h1").textContent = title;
  document.title = `${title} · Agentron`;
});
new ResizeObserver(toBottom).observe(scroll);

socket.watch(unlockAll);
box.value ||= sessionStorage.getItem(typed) ?? "";
grow();
refresh();
