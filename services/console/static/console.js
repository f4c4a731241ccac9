// Pages that follow what happens: when the read models are others than before, the page is asked for again and the parts
// marked data-live are exchanged. Nothing is, while somebody is in the middle of something.

const QUIET_MS = 1000;
// A page that takes long to make is asked for less often: a server that is busy is not kept busy by who looks.
const REST = 5;
let took = 0;
let waiting = false;
let asked = false;

function state(now, words) {
  const shown = document.querySelector("[data-live-state]");
  if (shown && shown.dataset.liveState !== now) {
    shown.dataset.liveState = now;
    shown.textContent = words;
  }
}

function isBusy(part) {
  const focused = document.activeElement;
  return document.querySelector(":popover-open, dialog[open]") !== null
    || (part.contains(focused) && focused.matches("input, select, textarea"));
}

async function follow() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (parts.length === 0) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const other = next.getElementById(part.id);
    if (isBusy(part)) asked = true;
    else if (other && other.innerHTML !== part.innerHTML) exchange(part, other);
  }
}

// What a part holds that somebody opened, scrolled or stands on is found again by what it is, not by its place: a row
// that comes above it must not hand its focus on to another's button.
const SCROLLED = ".scroll, .drawing";
const FOCUSABLE = "a[href], button, summary, [tabindex]";

function exchange(part, other) {
  const focused = part.contains(document.activeElement) && part !== document.activeElement ? document.activeElement : null;
  const focusable = focused && keyed(part, FOCUSABLE);
  const key = focused && [...focusable].find(([, one]) => one === focused)?.[0];
  const details = keyed(part, "details");
  const scrolled = [...keyed(part, SCROLLED)].map(([name, one]) => [name, one.scrollLeft, one.scrollTop]);
  part.replaceChildren(...other.childNodes);
  const scrolls = keyed(part, SCROLLED);
  for (const [name, left, top] of scrolled) scrolls.get(name)?.scrollTo(left, top);
  for (const [name, one] of keyed(part, "details")) if (details.has(name)) one.open = details.get(name).open;
  if (focused) focusOn(keyed(part, FOCUSABLE).get(key) ?? part);
  part.dispatchEvent(new CustomEvent("exchanged", { bubbles: true }));
}

function focusOn(one) {
  // What is a mere region takes the focus where it is given to it, and is no stop of the Tab key.
  if (!one.matches(FOCUSABLE)) one.tabIndex = -1;
  one.focus({ preventScroll: true });
}

// By key, what has one that nothing else in the part has.
function keyed(part, selector) {
  const found = new Map();
  const several = new Set();
  for (const one of part.querySelectorAll(selector)) {
    const key = `${row(one, part)} ${own(one)}`;
    if (found.has(key)) several.add(key);
    found.set(key, one);
  }
  for (const key of several) found.delete(key);
  return found;
}

function own(one) {
  const parts = [one.tagName, one.id, one.getAttribute("href"), one.name, one.value, one.getAttribute("aria-label")];
  if (one.form) parts.push(one.form.getAttribute("action"));
  // Figures in its words may be others now: what has some has an id too.
  if (one.matches("button, summary, details") && !one.closest("details")?.id) parts.push((one.querySelector("summary") ?? one).textContent);
  return parts.filter(Boolean).join(" ");
}

// The row that it stands in: what it is called, where it leads, or all that it says.
function row(one, part) {
  const around = one.parentElement.closest("tr, li, figure, [id]");
  if (around === null || around === part || !part.contains(around)) return "";
  const links = [...around.querySelectorAll("a[href]")].map((link) => link.getAttribute("href")).join(" ");
  return around.id || around.getAttribute("aria-labelledby") || links || (around.querySelector("th") ?? around).textContent.trim();
}

function soon() {
  asked = true;
  if (waiting) return;
  waiting = true;
  setTimeout(async () => {
    waiting = false;
    if (!asked || document.hidden) return;
    asked = false;
    const begun = performance.now();
    try {
      await follow();
    } catch {
      state("off", "Not live: this page is as it was");
    }
    took = performance.now() - begun;
    if (asked) soon();
  }, Math.max(QUIET_MS, REST * took));
}

if (document.querySelector("[data-live]")) {
  const operations = document.querySelector('[data-live="operations"]') !== null;
  const events = new EventSource(operations ? "/live?operations=true" : "/live");
  let stands = null;
  events.addEventListener("stands", (event) => {
    if (stands !== null && stands !== event.data) soon();
    stands = event.data;
    state("on", "Live");
  });
  events.addEventListener("changed", (event) => { stands = event.data; soon(); });
  events.addEventListener("error", () => state("off", "Not live: this page is as it was"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && asked) soon(); });
  // A page that is left closes its stream: the six that a browser has for one host would soon be gone.
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// A filter that is chosen is asked for at once; a form that was sent is not sent again by a second click.
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
// A page that is come back to is as it was left: its form may be sent again, and is done once all the same.
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });
