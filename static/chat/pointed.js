// The entry that the address points at, such as one that a search has found.

/** Show it, if there is one; whether there is. */
export function showPointed() {
  let found = document.getElementById(location.hash.slice(1));
  // What is told by another entry is found there.
  while (found?.hidden) found = found.previousElementSibling;
  found?.classList.add("pointed");
  found?.scrollIntoView({ block: "center" });
  return Boolean(found);
}
