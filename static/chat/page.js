// The chat page: what a person does, and what comes back.

import { byId, entriesIn, log, newest, notice, page } from "./dom.js";
import "./upsert.js";
import { tellActivity, toQuestion } from "./activity.js";
import { announce } from "./announce.js";
import * as composer from "./composer.js";
import { settle } from "./entries.js";
import * as outbox from "./outbox.js";
import { showPointed } from "./pointed.js";
import * as questions from "./questions.js";
import { seen } from "./read.js";
import { grown, toEnd } from "./scrolling.js";
import * as socket from "./socket.js";
import { tellTasks } from "../tasks/anchors.js";

const COPIED_MS = 1500;

/** Say `text`; whether it goes out. */
function say(text) {
  if (!text.trim()) return false;
  if (!composer.fits(text)) return false;
  socket.send("message", outbox.keep(text));
  toEnd();
  return true;
}

function refuse({ client_id, detail }) {
  if (questions.refused(client_id)) return notice(detail);
  const text = outbox.refused(client_id);
  // The words are the person's: they get them back.
  if (text) composer.giveBack(text);
  notice(detail);
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

/** A first message gives the conversation its title. */
function askForTitle() {
  if (!("untitled" in page.dataset) || !newest()) return;
  delete page.dataset.untitled;
  htmx.trigger(document.body, "conversations-changed");
}

const watcher = new MutationObserver((records) => take(records));

/** Look at entries that are new to the log. */
function take(records) {
  const entries = entriesIn(records.flatMap((record) => [...record.addedNodes]));
  settle(entries);
  tellTasks(entries);
  // What this did to the log is no news.
  watcher.takeRecords();
  return entries;
}

function refresh(entries) {
  tellActivity();
  outbox.tidy();
  grown(entries.some((entry) => !entry.hidden));
  askForTitle();
  seen();
}

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  label.textContent = "Copied";
  button.classList.add("copied");
  setTimeout(() => {
    label.textContent = before;
    button.classList.remove("copied");
  }, COPIED_MS);
}

function stop() {
  if (socket.send("stop")) composer.refocus();
  else notice("You are offline: stop it when the connection is back.");
}

const CLICKS = {
  "[data-example]": (button) => say(button.dataset.example) && composer.refocus(),
  ".copy": (button) => copy(button, button.previousElementSibling.textContent),
  ".copy-all": (button) => copy(button, button.closest(".entry").querySelector(".prose").innerText),
  "#stop, #stop-asking": stop,
  "#to-question": toQuestion,
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(CLICKS)) {
    const target = event.target.closest(selector);
    if (target) act(target);
  }
});
page.addEventListener("htmx:wsAfterMessage", () => {
  hear();
  const entries = take(watcher.takeRecords());
  announce(entries);
  refresh(entries);
});
page.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful, xhr } = event.detail;
  if (elt.matches("[data-resume]")) elt.hidden = successful;
  if (!elt.matches("[data-retry]")) return;
  // Tried again here or elsewhere: not a second time.
  elt.hidden = successful || xhr.status === 409;
  if (!successful) return;
  toEnd();
  composer.refocus();
});
page.addEventListener("htmx:responseError", ({ detail: { xhr } }) =>
  notice(xhr.responseText.length < 300 ? xhr.responseText : "That did not work: reload the page and try again."),
);
page.addEventListener("htmx:sendError", () => notice("The server cannot be reached: try again in a moment."));
document.body.addEventListener("htmx:afterSettle", (event) => {
  const title = document.querySelector("#conversations [aria-current] .title")?.textContent;
  if (event.target.id !== "conversations" || !title) return;
  page.querySelector("h1").textContent = title;
  document.title = `${title} · Agentron`;
});

questions.watch();
socket.watch({ lost: questions.unlock, shut: composer.shut });
composer.watch(say);
settle(entriesIn([...byId("asked").children, ...log.children]));
watcher.observe(log, { childList: true });
tellActivity();
outbox.tidy();
showPointed();
