// The theme of one's profile holds in the admin too, over what the admin's own switch once stored in this browser.
const chosen = document.documentElement.classList;
const theme = ["light", "dark"].find((name) => chosen.contains(name)) ?? "auto";
localStorage.setItem("_x_adminTheme", JSON.stringify(theme));
