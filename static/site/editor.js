// Writing a workflow: a new step or input takes the focus, a refused form shows its mistakes first, and a schedule can be taken as understood.

document.body.addEventListener("htmx:afterSwap", () => {
  const fresh = document.querySelector("[data-fresh]");
  if (!fresh) return;
  fresh.removeAttribute("data-fresh");
  const key = fresh.querySelector("[name$='-key'], [name$='-name']");
  key.focus();
  key.select();
});

document.getElementById("mistakes")?.focus();

document.addEventListener("click", (event) => {
  const taken = event.target.closest("[data-take]");
  if (!taken) return;
  const field = document.getElementById("schedule");
  field.value = taken.dataset.take;
  field.focus();
  // What is set by a script changes nothing by itself: the form asks anew.
  field.dispatchEvent(new Event("change", { bubbles: true }));
});
