// Brings a part of the page to what the server sends by changing only what differs: focus, what is typed, and which
// cards are open stay as they are. Used as hx-swap="morph" within hx-ext="morph".

/** Whether somebody has begun to write in it. */
function holdsTyping(node) {
  if (!(node instanceof Element)) return false;
  return [...node.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    // A reader opens and closes cards; htmx marks and disables what is under way.
    if (!fresh.hasAttribute(name) && !["open", "class", "disabled"].includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name === "open" || old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
  }
}

/** The child of `old` that `fresh` stands for: the one with its id, else one alike at `from` or after it. */
function counterpart(old, fresh, from) {
  if (fresh.id) return [...old.children].find((child) => child.id === fresh.id);
  for (let node = from; node; node = node.nextSibling) {
    if (node.nodeName === fresh.nodeName && !node.id) return node;
    if (node.id) return null;
  }
  return null;
}

function children(old, fresh) {
  let next = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = counterpart(old, child, next);
    if (!same) {
      old.insertBefore(child, next);
      continue;
    }
    if (same !== next) old.insertBefore(same, next);
    next = same.nextSibling;
    morph(same, child);
  }
  while (next) {
    const rest = next;
    next = rest.nextSibling;
    if (holdsTyping(rest)) rest.dataset.gone = "";
    else rest.remove();
  }
}

/** Make `old` look like `fresh`. */
export function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return undefined;
  }
  if (old.nodeType !== Node.ELEMENT_NODE || old.isEqualNode(fresh)) return undefined;
  attributes(old, fresh);
  return children(old, fresh);
}

let focused = document.body;
document.addEventListener("focusin", (event) => (focused = event.target));

htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (style !== "morph") return false;
    const hadFocus = target.contains(focused);
    morph(target, fragment.firstElementChild);
    // What had the focus may be gone: whoever uses the keyboard goes on from here, not from the top of the page.
    if (hadFocus && !focused.isConnected) target.focus({ preventScroll: true });
    return [target];
  },
});
