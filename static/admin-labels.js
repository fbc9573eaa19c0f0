// What screen readers are not told by the widgets that Django's admin brings: the names of searchable choices.
function nameChoices() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = document.querySelector(`label[for="${select.id}"]`)?.textContent.trim();
    const boxes = select.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox], .select2-search__field") ?? [];
    if (label) boxes.forEach((box) => box.setAttribute("aria-label", label));
  }
  document.querySelectorAll(".help-tooltip[aria-label]").forEach((tip) => tip.setAttribute("role", "img"));
}
// Those widgets make themselves when the page has loaded: look after them.
window.addEventListener("load", () => setTimeout(nameChoices));
