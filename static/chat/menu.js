// The menu of a conversation, one for all rows: rename in place, archive, delete.

const menu = document.getElementById("row-menu");
const list = document.getElementById("conversations");
const undo = document.getElementById("list-undo");
const ROOM = 180;

let talk = "";
let place = null;

const address = (verb) => `/chats/${talk}/${verb}/`;
const titleOf = (where) => (where.querySelector(".title") ?? where).textContent.trim();

/** Stand the menu beside `button`, about its conversation. The browser opens it (popovertarget). */
export function openMenu(button) {
  talk = button.dataset.talk;
  place = button.closest("li, .bar").querySelector("a, h1");
  const archived = "archived" in button.dataset;
  for (const form of menu.querySelectorAll("form[data-archived]")) form.hidden = (form.dataset.archived === "no") !== archived;
  const question = `Delete “${titleOf(place)}” with its messages and runs? This cannot be undone.`;
  Object.assign(menu.querySelector("[data-confirm-verb]").dataset, { confirm: question, confirmFrom: address("deletion") });
  const at = button.getBoundingClientRect();
  const below = innerHeight - at.bottom > ROOM;
  Object.assign(menu.style, {
    left: `${Math.max(8, Math.min(at.left, innerWidth - 196))}px`,
    top: below ? `${at.bottom + 4}px` : "auto",
    bottom: below ? "auto" : `${innerHeight - at.top + 4}px`,
  });
}

const send = (verb, values = {}) => htmx.ajax("POST", address(verb), { source: list, swap: "none", values });

/** Let the title be written where it stands: Enter and leaving keep it, Escape does not. */
function rename() {
  const where = place;
  const box = document.getElementById("rename-box").content.cloneNode(true).firstElementChild;
  const before = titleOf(where);
  let done = false;
  const end = (save) => {
    if (done) return;
    done = true;
    const title = box.value.trim();
    box.remove();
    where.hidden = false;
    if (!save || !title || title === before) return;
    (where.querySelector(".title") ?? where).textContent = title;
    send("rename", { title });
  };
  box.value = before;
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
    where.matches("a") ? where.focus() : where.parentElement.querySelector("[data-talk]").focus();
  });
  box.addEventListener("blur", () => end(true));
  where.hidden = true;
  where.after(box);
  box.focus();
  box.select();
}

menu.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll(":not([hidden]) > .menu-item")];
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
});
menu.addEventListener("click", (event) => {
  if (!event.target.closest("[data-rename]")) return;
  menu.hidePopover();
  rename();
});
// What cannot be undone was asked about before this is heard (shell.js).
menu.addEventListener("submit", (event) => {
  event.preventDefault();
  menu.hidePopover();
  const { verb, archived } = event.target.dataset;
  send(verb, archived ? { archived } : {});
});

// What was put away comes back by one button, until something else is done with the list.
list.addEventListener("htmx:beforeRequest", (event) => (undo.hidden ||= event.detail.requestConfig.verb !== "get"));
document.body.addEventListener("put-away", ({ detail }) => {
  undo.dataset.talk = detail.talk;
  undo.querySelector("span").textContent = `“${detail.title}” is archived.`;
  undo.hidden = false;
});
undo.addEventListener("submit", (event) => {
  event.preventDefault();
  talk = undo.dataset.talk;
  send("archive", { archived: "no" });
});
