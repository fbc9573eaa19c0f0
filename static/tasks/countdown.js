// Times to come, counted down: <time data-countdown datetime>. The server says it coarsely, this to the second.

const MINUTE = 60, HOUR = 3600, DAY = 86_400;
// Whoever wants nothing to move sees minutes pass, not seconds.
const calm = matchMedia("(prefers-reduced-motion: reduce)");
// A due time that has come shows in the list soon after.
const SOON_MS = 1200;

const due = new Set();

/** Seconds in words, in two units at most: “2 h 5 min”. */
function words(seconds) {
  if (seconds >= DAY) return pair(seconds, DAY, "d", HOUR, "h");
  if (seconds >= HOUR) return pair(seconds, HOUR, "h", MINUTE, "min");
  if (calm.matches && seconds >= MINUTE) return `${Math.floor(seconds / MINUTE)} min`;
  return seconds >= MINUTE ? pair(seconds, MINUTE, "min", 1, "s") : `${seconds} s`;
}

function pair(seconds, large, sign, small, other) {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${sign}${rest ? ` ${rest} ${other}` : ""}`;
}

/** Something is due now: the page looks again, once for each time. */
function tellDue(time) {
  if (due.has(time.dateTime)) return;
  due.add(time.dateTime);
  setTimeout(() => htmx.trigger(document.body, "changed"), SOON_MS);
}

/** What a countdown says; what was over when the page came is no news. */
function show(time) {
  const left = Math.ceil((Date.parse(time.dateTime) - Date.now()) / 1000);
  const text = left > 0 ? `in ${words(left)}` : "now";
  if (time.textContent !== text) time.textContent = text;
  if (left <= 0 && left > -5) tellDue(time);
}

/** Bring all countdowns of the page up to date. */
export function tick() {
  document.querySelectorAll("time[data-countdown]").forEach(show);
}

setInterval(() => document.hidden || tick(), 1000);
document.addEventListener("visibilitychange", tick);
// Before what the server said can be seen: nothing flickers.
document.addEventListener("htmx:afterSwap", tick);
tick();
