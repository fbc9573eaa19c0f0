// The theme of one's profile holds in the admin too, over what the admin's own switch once stored in this browser.
// In a block: the theme's scripts share one scope.
{
  const classes = document.documentElement.classList;
  const chosen = ["light", "dark"].find((name) => classes.contains(name)) ?? "auto";
  localStorage.setItem("_x_adminTheme", JSON.stringify(chosen));
}
