// The profile: the theme is seen at once, and the device can tell its zone.

document.querySelector("[data-theme-choice]").addEventListener("change", (event) => {
  const theme = event.target.value;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.querySelector("meta[name=color-scheme]").content = theme || "light dark";
});

document.querySelector("[data-device-zone]").addEventListener("click", () => {
  const field = document.querySelector("[name=time_zone]");
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  field.focus();
});
