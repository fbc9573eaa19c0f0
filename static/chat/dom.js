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

/** Show a sentence above the composer, with a link to what helps, or nothing. */
export function notice(sentence, help = null) {
  const line = byId("notice");
  line.replaceChildren(sentence);
  if (help) line.append(" ", Object.assign(document.createElement("a"), help));
  line.hidden = !sentence;
}
