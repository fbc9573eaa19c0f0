// Brings a list of rows in line with a fresh first page of it, and leaves alone what did not change: so nothing flickers,
// and neither the focus nor an open menu is lost. Used as hx-swap="merge".

const isRow = (element) => element.matches("li[id]");
const time = (row) => Date.parse(row.dataset.at);
const busy = (row) => row.querySelector("input");

/** The row that will stand in the list: the one that is there, with what the fresh one shows. */
function chosen(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old) return fresh;
  old.dataset.at = fresh.dataset.at;
  if (!busy(old) && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
  return old;
}

/** Remove what the server no longer has where the fresh page would show it. */
function dropGone(list, rows, whole) {
  const kept = new Set(rows.map((row) => row.id));
  const oldest = rows.length ? time(rows.at(-1)) : -Infinity;
  for (const row of [...list.children].filter(isRow)) {
    if (!kept.has(row.id) && (whole || time(row) >= oldest)) row.remove();
  }
}

htmx.defineExtension("merge", {
  handleSwap(style, list, fragment) {
    if (style !== "merge") return false;
    const rows = [...fragment.querySelectorAll("li[id]")];
    const further = fragment.querySelector(".further");
    const focused = document.activeElement;
    dropGone(list, rows, !further);
    let place = list.firstElementChild;
    for (const row of rows.map(chosen)) {
      if (row === place) place = place.nextElementSibling;
      else list.insertBefore(row, place);
    }
    // Pages further down were loaded: they end with a place of their own where the next one starts.
    if (!place || !isRow(place)) {
      place?.remove();
      if (further) list.append(further);
    }
    if (focused !== document.activeElement && focused.isConnected) focused.focus();
    return further?.isConnected ? [further] : [];
  },
});
