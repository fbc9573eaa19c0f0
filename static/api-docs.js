// Swagger has a dark look under a class of its own: it follows what the person chose, else the system.
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const follow = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

system.addEventListener("change", follow);
follow();
