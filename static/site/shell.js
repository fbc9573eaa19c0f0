// What every page does: the sidebar on a small screen, questions before what cannot be undone, the reader's zone.

const dialog = document.getElementById("confirm");

function toggleMenu() {
  const open = document.body.classList.toggle("menu-open");
  document.querySelector("[data-menu][aria-expanded]")?.setAttribute("aria-expanded", open);
  document.querySelector(open ? ".sidebar [data-menu]" : "[data-menu][aria-expanded]")?.focus();
}

/** The question that `form` asks: fresh from data-confirm-from where it has one, and data-confirm where that cannot be had. */
async function questionOf(form) {
  const { confirm, confirmFrom } = form.dataset;
  const answer = confirmFrom && (await fetch(confirmFrom).catch(() => null));
  return answer?.ok && !answer.redirected ? answer.text() : confirm;
}

/** Ask before `form` is sent; data-confirm-verb and data-confirm-no are the buttons. */
async function ask(form) {
  dialog.querySelector("p").textContent = await questionOf(form);
  dialog.querySelector("[value=yes]").textContent = form.dataset.confirmVerb ?? "Delete";
  dialog.querySelector("[value=no]").textContent = form.dataset.confirmNo ?? "Cancel";
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "";
    form.requestSubmit();
  };
  if (!dialog.open) dialog.showModal();
}

/** Tell the server once where this person's clock stands; it keeps what was chosen. */
function tellZone() {
  const address = document.body.dataset.tellZone;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!address || !zone) return;
  const headers = { "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"] };
  fetch(address, { method: "POST", headers, body: new URLSearchParams({ time_zone: zone }), keepalive: true });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-menu]")) toggleMenu();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("menu-open")) toggleMenu();
});
// Before htmx, which listens further down.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest("form[data-confirm]");
    if (!form) return;
    if ("confirmed" in form.dataset) return delete form.dataset.confirmed;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form);
  },
  true,
);

tellZone();
