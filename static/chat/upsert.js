// Puts fragments into their list: a draft grows where it stands, entries stand in order of seq, and none comes twice.
// Used as hx-swap-oob="upsert:#log".

import { byId, log } from "./dom.js";

const seq = (element) => Number(element.dataset.seq ?? -1);

function place(list, fresh) {
  let before = null;
  let prior = list.lastElementChild;
  while (prior && seq(prior) > seq(fresh)) [before, prior] = [prior, prior.previousElementSibling];
  list.insertBefore(fresh, before);
}

/** Replace what changed of a growing text: what stands above stays, with what the reader has selected in it. */
function grow(old, fresh) {
  // A draft that is older than what is shown says nothing new.
  if (Number(fresh.dataset.version) < Number(old.dataset.version)) return;
  old.dataset.version = fresh.dataset.version;
  const [before, now] = [[...old.childNodes], [...fresh.childNodes]];
  const same = now.findIndex((node, index) => !before[index]?.isEqualNode(node));
  const kept = same < 0 ? now.length : same;
  before.slice(kept).forEach((node) => node.remove());
  old.append(...now.slice(kept));
}

/** An answer in the log ends its draft, without waiting for the frame that clears it. */
function endDraft(fresh) {
  if (fresh.dataset.kind !== "message" || !fresh.dataset.run) return;
  document.querySelectorAll(`#drafts > [data-run="${CSS.escape(fresh.dataset.run)}"]`).forEach((draft) => draft.replaceChildren());
}

/** Whether `fresh` is now in the page as an element of its own. */
function put(target, fresh) {
  const old = fresh.id && byId(fresh.id);
  // A message is written once and never changes.
  if (old && target === log) return false;
  if (old) {
    grow(old, fresh);
    return false;
  }
  // Drafts that came to their end make room.
  target.querySelectorAll(":scope > .draft:empty").forEach((done) => done.remove());
  place(target, fresh);
  if (target === log) endDraft(fresh);
  return true;
}

htmx.defineExtension("upsert", {
  handleSwap(style, target, fragment) {
    return style === "upsert" && [...fragment.children].filter((fresh) => put(target, fresh));
  },
});
