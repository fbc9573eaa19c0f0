// The message box: grows with its text, keeps it for whoever comes back, and says in time when it is too long.

import { box, byId, composer, notice, page } from "./dom.js";

const key = `typed:${page.dataset.conversation}`;
const MOST = Number(page.dataset.most);
// A larger frame would cost the connection (64 KiB, with its other fields).
const MOST_BYTES = 65_000;
const TELL_FROM = 0.9;

// A phone's keyboard comes and goes with the focus: there it is left where it is.
const keyboard = matchMedia("(hover: hover)");

/** Characters as the server counts them: not in halves of pairs. */
const length = (text) => (text.length < MOST * TELL_FROM ? text.length : [...text].length);

/** For browsers without field-sizing. */
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

function tellRoom() {
  const left = MOST - length(box.value);
  const line = byId("room");
  line.hidden = left > MOST * (1 - TELL_FROM);
  const number = Math.abs(left);
  line.textContent = `${number.toLocaleString()} ${number === 1 ? "character" : "characters"} ${left < 0 ? "too many" : "left"}`;
  line.classList.toggle("over", left < 0);
  box.toggleAttribute("aria-invalid", left < 0);
}

function keep() {
  if (box.value) localStorage.setItem(key, box.value);
  else localStorage.removeItem(key);
}

function changed() {
  grow();
  tellRoom();
  keep();
}

/** What is too much about `text`, in a sentence that helps; nothing if it can be sent. */
function tooMuch(text) {
  const over = length(text) - MOST;
  if (over > 0) return `This is too long for one message: send at most ${MOST.toLocaleString()} characters at a time.`;
  return new Blob([JSON.stringify(text)]).size > MOST_BYTES ? "This is too long for one message: send it in parts." : "";
}

/** Whether `text` can be sent; says why not. */
export function fits(text) {
  const sentence = tooMuch(text);
  notice(sentence);
  return !sentence;
}

/** Put words back into the box, before what stands there by now. */
export function giveBack(text) {
  box.value = box.value ? `${text}\n${box.value}` : text;
  changed();
}

/** Put the cursor back into the box, unless that would bring up a phone's keyboard. */
export function refocus() {
  if (keyboard.matches) box.focus();
}

/** Nothing more can be said here: `sentence` says why, `help` is a link to what can be done. */
export function shut(sentence, help) {
  composer.inert = true;
  composer.classList.add("shut");
  box.disabled = true;
  notice(sentence, help);
}

/** Watch the box; `say` is given its text, and returns whether it goes out. */
export function watch(say) {
  const send = () => {
    if (!say(box.value)) return;
    box.value = "";
    changed();
    box.focus();
  };
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  box.addEventListener("keydown", (event) => {
    // 229 stands for a key that an input method takes; Safari tells of its last one when isComposing is false again.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  box.addEventListener("input", changed);
  box.value ||= localStorage.getItem(key) ?? "";
  changed();
}
