// The parts of the page that the other scripts share.

export const byId = (id) => document.getElementById(id);
export const page = byId("chat");
export const log = byId("log");
export const scroll = byId("scroll");
export const composer = byId("composer");
export const box = byId("text");

/** The last seq that the page shows: the server is asked for what comes after it. */
export function newest() {
  return Number(log.lastElementChild?.dataset.seq ?? page.dataset.shown);
}

/** The entries among `nodes`. What was loaded from earlier or later comes as stretches of them. */
export function entriesIn(nodes) {
  const elements = nodes.filter((node) => node.matches?.(".entry, .stretch"));
  return elements.flatMap((element) => (element.matches(".entry") ? [element] : [...element.querySelectorAll(":scope > .entry")]));
}

/** What stands before (or after) an element of the log, be it in another stretch. */
export function beside(element, before) {
  const side = before ? "previousElementSibling" : "nextElementSibling";
  let other = element[side] ?? (element.parentElement.matches(".stretch") ? element.parentElement[side] : null);
  if (other?.matches(".stretch")) other = before ? other.lastElementChild : other.firstElementChild;
  return other;
}

/** Show a sentence above the composer, with a link to what helps, or nothing. */
export function notice(sentence, help = null) {
  const line = byId("notice");
  line.replaceChildren(sentence);
  if (help) line.append(" ", Object.assign(document.createElement("a"), help));
  line.hidden = !sentence;
}
