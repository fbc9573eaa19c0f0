// The socket's life: htmx's extension opens it and swaps in what comes; this keeps its address current, notices when
// it dies, says so, and sends.

import { byId, newest, page } from "./dom.js";

// What ends it for good: the word beside the title, the sentence above the message box, and a link to what helps.
const FINAL = {
  4401: ["Signed out", "You are signed out. What you wrote here is kept until you are back.", { textContent: "Sign in", href: page.dataset.login }],
  4403: ["Not connected", "This address is not the site's own: open it under its public address."],
  4404: ["Gone", "This conversation is gone: it was deleted.", { textContent: "Go to another one", href: "/chat/" }],
};
// The extension comes back by itself after these; after the others it has to be told to.
const BY_ITSELF = [1006, 1011, 1012, 1013];
const PING_MS = 20_000;
const PATIENCE_MS = 5_000;

let wrapper = null;
let current = null;
let open = false;
let heard = Date.now();

/** Where the page stands in the log changes; the address that the extension keeps does not. */
htmx.createWebSocket = (url) => {
  const address = new URL(url);
  address.searchParams.set("after", newest());
  current = new WebSocket(address);
  return current;
};
// Soon at first, and never so late that a person would reload.
htmx.config.wsReconnectDelay = (tries) => Math.min(300 * 2 ** tries, 4000) * (0.6 + Math.random() * 0.4);

function tell(state, sentence) {
  const line = byId("connection");
  line.dataset.state = state;
  if (line.textContent !== sentence) line.textContent = sentence;
}

/** Send a frame if the socket is ready for it; whether it was. */
export function send(type, data) {
  if (!open) return false;
  wrapper.sendImmediately(JSON.stringify(data === undefined ? { type } : { type, data }));
  return true;
}

/** The server said `ready`: from now on frames go out. */
export function ready() {
  open = true;
  tell("live", "Connected");
}

/** The connection is gone; whoever reads this sees it until there is another. */
function away(lost) {
  open = false;
  lost();
  tell("offline", "Offline, trying again…");
}

/** A network that vanishes closes nothing: whoever does not answer is gone, and must not come back beside the next one. */
function probe(lost) {
  const asked = Date.now();
  if (!send("ping")) return;
  setTimeout(() => {
    if (!open || heard >= asked) return;
    current.onclose = current.onerror = null;
    current.close();
    away(lost);
    wrapper.reconnect();
  }, PATIENCE_MS);
}

/** Watch the socket: `lost` is called whenever it goes away, `shut` with a sentence and a link when it stays away. */
export function watch({ lost, shut }) {
  page.addEventListener("htmx:wsOpen", (event) => {
    wrapper = event.detail.socketWrapper;
    heard = Date.now();
  });
  page.addEventListener("htmx:wsBeforeMessage", () => (heard = Date.now()));
  page.addEventListener("htmx:wsClose", (event) => {
    const { code } = event.detail.event;
    away(lost);
    if (code in FINAL) {
      const [word, ...why] = FINAL[code];
      tell("ended", word);
      shut(...why);
    } else if (!BY_ITSELF.includes(code)) setTimeout(() => event.detail.socketWrapper.reconnect(), 1000);
  });
  setInterval(() => probe(lost), PING_MS);
  // A machine that slept, or changed its network: it is known at once.
  addEventListener("online", () => probe(lost));
  document.addEventListener("visibilitychange", () => document.hidden || probe(lost));
}
