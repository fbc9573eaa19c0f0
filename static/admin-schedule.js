// What a schedule means and its next times, asked for anew while somebody types it.
for (const preview of document.querySelectorAll("[data-schedule-preview]")) {
  const schedule = preview.parentElement.querySelector("input");
  const zone = document.getElementById("id_time_zone");
  const days = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  let waiting, newest = 0;

  const line = (due) => {
    const item = document.createElement("li");
    const time = item.appendChild(document.createElement("time"));
    // The wall clock of the task's zone: its offset must not move it into the reader's.
    const wall = new Date(`${due.local.slice(0, 19)}Z`);
    const seconds = wall.getUTCSeconds() ? { second: "2-digit" } : {};
    time.dateTime = due.at;
    time.textContent = wall.toLocaleString("en-GB", { ...days, hour: "2-digit", minute: "2-digit", ...seconds, timeZone: "UTC" });
    if (due.note) {
      const note = item.appendChild(document.createElement("span"));
      note.className = "schedule-note";
      note.textContent = due.note;
    }
    return item;
  };

  const show = (description, next) => {
    preview.querySelector(".schedule-meaning").textContent = description;
    preview.querySelector("ol").replaceChildren(...next.map(line));
    preview.hidden = !description;
  };

  const ask = async () => {
    const number = ++newest;
    if (!schedule.value.trim()) return show("", []);
    const query = new URLSearchParams({ schedule: schedule.value, tz: zone?.value ?? "", n: preview.dataset.n });
    const answer = await fetch(`${preview.dataset.schedulePreview}?${query}`).catch(() => null);
    const found = await answer?.json().catch(() => null);
    // Somebody has gone on typing.
    if (number !== newest || !found) return;
    found.next ? show(found.description, found.next) : show(found.detail ?? "", []);
  };

  for (const field of [schedule, zone]) {
    field?.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 250);
    });
  }
}
