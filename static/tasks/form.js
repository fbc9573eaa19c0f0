// Writing a task: beginnings of sentences to take over, and the first mistake in sight.

import "./countdown.js";

const say = document.getElementById("say");

/** Put a beginning into the sentence, with the cursor where one goes on. */
function begin(saying) {
  const start = saying.replace("…", "");
  say.value = start + say.value.trim();
  say.focus();
  say.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-saying]");
  if (button) begin(button.dataset.saying);
});
// A sentence is one line: Enter sends it.
say?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  say.form.requestSubmit();
});

(document.querySelector("[aria-invalid=true]") ?? document.getElementById("mistakes"))?.focus();
say?.setSelectionRange(say.value.length, say.value.length);
