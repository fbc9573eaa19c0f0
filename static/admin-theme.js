// The theme of one's profile holds in the admin too, over what the admin's own switch once stored in this browser.
// In a block: the theme's scripts share one scope.
{
  const classes = document.documentElement.classList;
  const chosen = ["light", "dark"].find((name) => classes.contains(name)) ?? "auto";
  localStorage.setItem("_x_adminTheme", JSON.stringify(chosen));
  // A device that turns dark in the evening turns the open page dark.
  const system = matchMedia("(prefers-color-scheme: dark)");
  if (chosen === "auto") system.addEventListener("change", () => classes.toggle("dark", system.matches));
}
