// Times of the log, where the reader's clock stands: the zone of their profile, else the browser's.

import { beside, log, page } from "./dom.js";

/** A format in the reader's zone, as all the site writes times; a browser may not know of a zone that the server knows. */
function format(options) {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: page.dataset.zone || undefined });
  } catch {
    return new Intl.DateTimeFormat("en-GB", options);
  }
}

const clock = format({ hour: "2-digit", minute: "2-digit" });
const full = format({ dateStyle: "full", timeStyle: "long" });
const thisYear = format({ weekday: "long", day: "numeric", month: "long" });
const otherYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const parts = format({ year: "numeric", month: "2-digit", day: "2-digit" });

/** The date of an instant, such as 2026-03-01: the same for all of one day. */
function dayOf(at) {
  const { year, month, day } = Object.fromEntries(parts.formatToParts(at).map((part) => [part.type, part.value]));
  return `${year}-${month}-${day}`;
}

function label(at) {
  const now = new Date();
  const day = dayOf(at);
  if (day === dayOf(now)) return "Today";
  if (day === dayOf(new Date(now - 86_400_000))) return "Yesterday";
  return (day.slice(0, 4) === dayOf(now).slice(0, 4) ? thisYear : otherYear).format(at);
}

const stands = (element) => element.matches(".entry:not([hidden])");

/** The entry that is seen before (or after) `entry`. */
function seen(entry, before) {
  let other = beside(entry, before);
  while (other && !stands(other)) other = beside(other, before);
  return other;
}

/** Put a line with the day in front of `entry` where a day begins, and take away one that is in its place no more. */
function separate(entry) {
  const prior = seen(entry, true);
  const line = entry.previousElementSibling?.matches(".day") ? entry.previousElementSibling : null;
  const begins = prior ? prior.dataset.day !== entry.dataset.day : entry.dataset.day !== dayOf(new Date());
  if (!begins) return line?.remove();
  if (line) return;
  const fresh = Object.assign(document.createElement("p"), { className: "day", textContent: label(new Date(entry.dataset.at)) });
  fresh.dataset.at = entry.dataset.at;
  entry.before(fresh);
}

/** Tell the times of new entries, and of which days they are. */
export function tellTimes(entries) {
  for (const entry of entries) {
    entry.dataset.day = dayOf(new Date(entry.dataset.at));
    for (const time of entry.querySelectorAll("time[datetime]:not([title], [data-countdown])")) {
      const at = new Date(time.dateTime);
      time.textContent = clock.format(at);
      time.title = full.format(at);
    }
  }
  const visible = entries.filter(stands);
  visible.forEach(separate);
  const next = visible.length && seen(visible.at(-1), false);
  if (next) separate(next);
}

/** Take an entry out of sight; others tell what it says. */
export function hide(entry) {
  if (entry.hidden) return;
  const next = seen(entry, false);
  if (entry.previousElementSibling?.matches(".day")) entry.previousElementSibling.remove();
  entry.hidden = true;
  if (next?.dataset.day) separate(next);
}

// A page that is looked at again the next day.
document.addEventListener("visibilitychange", () => {
  for (const line of log.querySelectorAll(".day")) line.textContent = label(new Date(line.dataset.at));
});
