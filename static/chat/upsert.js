// Puts fragments into their list: what has an id that is there already replaces it, entries stand in order of seq.
// Used as hx-swap-oob="upsert:#log".

import { byId, log } from "./dom.js";

const seq = (element) => Number(element.dataset.seq ?? -1);

function place(list, fresh) {
  let before = null;
  let prior = list.lastElementChild;
  while (prior && seq(prior) > seq(fresh)) [before, prior] = [prior, prior.previousElementSibling];
  list.insertBefore(fresh, before);
}

/** A draft that is older than what is shown says nothing new. */
const stale = (old, fresh) => Number(fresh.dataset.version) < Number(old.dataset.version);

/** An answer in the log ends its draft, without waiting for the frame that clears it. */
function endDraft(fresh) {
  if (fresh.dataset.kind !== "message" || !fresh.dataset.run) return;
  document.querySelectorAll(`#drafts > [data-run="${CSS.escape(fresh.dataset.run)}"]`).forEach((draft) => draft.replaceChildren());
}

htmx.defineExtension("upsert", {
  handleSwap(style, target, fragment) {
    if (style !== "upsert") return false;
    return [...fragment.children].filter((fresh) => {
      const old = fresh.id && byId(fresh.id);
      if (old && stale(old, fresh)) return false;
      if (old) old.replaceWith(fresh);
      else place(target, fresh);
      if (target === log) endDraft(fresh);
      return true;
    });
  },
});
