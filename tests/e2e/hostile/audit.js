() => {
  // What is wrong with the page as it stands, as sentences.
  const wrong = [];
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const short = (element) => element.outerHTML.slice(0, 160);
  const where = (address) => (URL.canParse(address, location) ? new URL(address, location) : null);

  // Words of a model, a tool or a stranger are these elements and attributes, and no others.
  const tags = "A BLOCKQUOTE BR CODE DEL DIV EM H1 H2 H3 H4 H5 H6 HR LI OL P PRE S SPAN STRONG TABLE TBODY TD TH THEAD TR UL BUTTON".split(" ");
  const names = ["href", "title", "target", "rel", "class", "start"];
  const ours = "button.copy, div.code, button.copy *";
  for (const one of all(".prose *")) {
    if (one.matches(ours)) continue;
    if (!tags.includes(one.tagName)) wrong.push(`element: ${short(one)}`);
    for (const { name } of one.attributes) if (!names.includes(name)) wrong.push(`attribute ${name}: ${short(one)}`);
  }
  for (const one of all(".site :is(pre:not(.prose pre), .bubble, .gist, .reason) *")) wrong.push(`element in plain text: ${short(one)}`);

  // Nowhere on the page, ours or not.
  const never = "iframe, frame, object, embed, applet, base, portal, meta[http-equiv], script:not([src]):not([type='application/json']):not([nonce]), [ping]";
  for (const one of all(never)) wrong.push(`never: ${short(one)}`);
  const leads = (element) => element.getAttribute(element.tagName === "FORM" ? "action" : element.hasAttribute("src") ? "src" : "href") ?? "";
  for (const one of all("a[href], form, [src], link[href], use")) {
    const address = where(leads(one));
    if (!one.closest(".prose") && address?.origin !== location.origin && address?.protocol !== "data:") wrong.push(`leads away: ${short(one)}`);
  }
  const seen = new Set();
  for (const { id } of all("[id]")) {
    if (seen.has(id)) wrong.push(`two of id ${id}`);
    seen.add(id);
  }
  for (const name of ["htmx", "crypto", "CSS", "Alpine", "location"]) if (window[name] instanceof Element) wrong.push(`${name} is an element`);

  // A link says where it leads.
  for (const link of all(".prose a[href]")) {
    if (!/^(https?|mailto):/.test(link.href)) wrong.push(`scheme: ${short(link)}`);
    if (!link.href.startsWith("http")) continue;
    const label = link.textContent;
    const host = where(link.href)?.hostname;
    const said = link.querySelector(".host")?.textContent ?? where(label.includes("//") ? label : `http://${label}`)?.hostname;
    if (said !== host && !/^[\d.]+$|^\[/.test(host)) wrong.push(`says ${said}, leads to ${host}: ${short(link)}`);
  }
  // Also where the letters before it turn the writing round.
  const place = (text, at) => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect();
  };
  for (const { firstChild: text } of all(".host")) {
    const [first, last] = [place(text, 0), place(text, text.length - 1)];
    if (first.top === last.top && first.left > last.left) wrong.push(`backwards: ${text.data}`);
  }

  // Everything can be read, and the page still be used.
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) wrong.push(`the page is ${wide} px too wide`);
  for (const one of all("#log .entry:not([hidden])")) {
    const box = one.getBoundingClientRect();
    if (box.left < 0 || box.right > innerWidth + 0.5) wrong.push(`out of sight: ${short(one)}`);
  }
  const text = document.getElementById("text");
  if (text) {
    const box = text.getBoundingClientRect();
    if (document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) !== text) wrong.push("the message box cannot be reached");
  }
  return wrong.slice(0, 20);
}
