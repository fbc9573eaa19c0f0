// Writing a workflow: a new step takes the focus, and a refused form shows its mistakes first.

document.body.addEventListener("htmx:afterSwap", () => {
  const fresh = document.querySelector("[data-fresh]");
  if (!fresh) return;
  fresh.removeAttribute("data-fresh");
  const key = fresh.querySelector("[name$='-key']");
  key.focus();
  key.select();
});

document.getElementById("mistakes")?.focus();
