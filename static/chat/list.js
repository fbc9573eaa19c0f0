// The list of conversations in the sidebar of every page: kept up to date, with a menu for each row, and a search.

import "./merge.js";
import { openMenu } from "./menu.js";

const byId = (id) => document.getElementById(id);
const list = byId("conversations");
const find = byId("find");
const links = () => [...(byId("found").firstElementChild ? byId("found") : list).querySelectorAll("a")];

/** Show why something was refused, or nothing. */
function notice(sentence) {
  const line = byId("list-notice");
  line.textContent = sentence;
  line.hidden = !sentence;
}

/** Go up and down the list from the search box and between its rows. */
function move(event, step) {
  const all = links();
  const next = all[all.indexOf(document.activeElement) + step];
  if (!next && step > 0) return;
  event.preventDefault();
  (next ?? find).focus();
}

function clearSearch() {
  find.value = "";
  byId("found").replaceChildren();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-talk]");
  if (button) openMenu(button);
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (!find.offsetParent || getComputedStyle(find).visibility === "hidden") document.querySelector("[data-menu][aria-expanded]")?.click();
  find.focus();
  find.select();
});
document.querySelector(".talks").addEventListener("keydown", (event) => {
  if (event.target.matches("input.rename")) return;
  if (event.key === "ArrowDown") move(event, 1);
  else if (event.key === "ArrowUp") move(event, -1);
  else if (event.key === "Escape" && find.value) {
    event.stopPropagation();
    clearSearch();
    find.focus();
  }
});
list.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "get") return notice("");
  // Nobody looks at it: it is refreshed when they do.
  if (document.hidden) event.preventDefault();
});
document.addEventListener("visibilitychange", () => document.hidden || htmx.trigger(document.body, "conversations-changed"));
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  list.addEventListener(name, (event) => {
    event.stopPropagation();
    // A list that could not be refreshed is refreshed the next time.
    if (event.detail.requestConfig.verb === "get") return;
    const { status, responseText } = event.detail.xhr;
    notice(status && responseText.length < 300 ? responseText : "That did not work: try again in a moment.");
    // What was shown in the hope that it would be granted goes.
    byId("seen").value = "";
    htmx.trigger(document.body, "conversations-changed");
  });
}
// Whoever signs out leaves no unsent words on this machine.
document.querySelector('form[action$="/logout/"]')?.addEventListener("submit", () => {
  for (const store of [localStorage, sessionStorage]) {
    Object.keys(store)
      .filter((key) => /^(typed|outbox):/.test(key))
      .forEach((key) => store.removeItem(key));
  }
});
document.querySelector("#conversations [aria-current]")?.scrollIntoView({ block: "nearest" });
