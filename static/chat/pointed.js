// The entry that the address points at, such as one that a search has found, or by its number: ?at=12.

import { unfold } from "./series.js";

/** Bring an entry into sight and mark it; what is told by another one is found there. */
export function pointAt(entry) {
  let found = entry;
  while (found?.hidden) found = found.previousElementSibling;
  if (!found) return null;
  unfold(found);
  document.querySelectorAll(".pointed").forEach((other) => other.classList.remove("pointed"));
  found.classList.add("pointed");
  found.scrollIntoView({ block: "center" });
  return found;
}

/** Show the entry of the address, if there is one; whether there is. */
export function showPointed() {
  const at = new URLSearchParams(location.search).get("at");
  const found = document.getElementById(location.hash.slice(1)) ?? (at && document.querySelector(`.entry[data-seq="${CSS.escape(at)}"]`));
  if (found) pointAt(found);
  return Boolean(found);
}
