// What the pages beside the chat do: they look again by themselves, and say what came of a button.

import "./morph.js";

const told = document.getElementById("told");
let hush;

/** Say a sentence; what went wrong stays until it is dismissed or something else is said. */
function tell(sentence, wrong = false) {
  clearTimeout(hush);
  told.className = wrong ? "told bad" : "told";
  told.querySelector("p").textContent = sentence;
  told.hidden = false;
  if (!wrong) hush = setTimeout(quiet, 8000);
}

function quiet() {
  told.hidden = true;
  delete told.dataset.lost;
}

/** Whether htmx asks by itself, and nobody pressed anything. */
const isPoll = (event) => ["live", "waiting"].includes(event.detail.elt.id) && !event.detail.requestConfig.triggeringEvent;

function plainSentence(xhr) {
  const text = xhr.responseText;
  const plain = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  return plain && text.length < 400 ? text : "That did not work: reload the page and try again.";
}

/** A refusal stands by the field it is about; one that says the page is out of date stands apart, for its card goes. */
function refuse({ elt, xhr }) {
  const line = elt.closest(".question")?.querySelector(".wrong");
  if (xhr.status === 409) {
    elt.closest("form")?.reset();
    elt.closest("[data-gone]")?.remove();
  }
  if (!line || xhr.status === 409) return tell(plainSentence(xhr), true);
  line.textContent = plainSentence(xhr);
  line.hidden = false;
  return undefined;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span") ?? button;
  const was = label.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    label.textContent = "Copied";
  } catch {
    // Browsers keep the clipboard from pages without https.
    source.hidden = false;
    getSelection().selectAllChildren(source);
    source.select?.();
    label.textContent = "Press Ctrl + C";
  }
  setTimeout(() => (label.textContent = was), 2500);
}

document.body.addEventListener("told", (event) => tell(event.detail.text));
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (isPoll(event) && document.hidden) event.preventDefault();
});
document.body.addEventListener("htmx:responseError", (event) => isPoll(event) || refuse(event.detail));
document.body.addEventListener("htmx:sendError", (event) => {
  tell(isPoll(event) ? "The server cannot be reached: this page shows how things were." : "The server cannot be reached: try again in a moment.", true);
  told.dataset.lost = "";
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  if ("lost" in told.dataset) quiet();
  // What was typed has arrived: it holds nothing back any more.
  if (event.target.matches(".question form")) event.target.reset();
});
document.addEventListener("visibilitychange", () => document.hidden || htmx.trigger(document.body, "changed"));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-dismiss]");
  if (!button) return;
  if ("copy" in button.dataset) copy(button);
  else quiet();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.("[data-enter-sends]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
