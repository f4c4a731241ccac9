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

function exchange(part, other) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && focusable(part).indexOf(focused);
  const details = [...part.querySelectorAll("details")].map((one) => one.open);
  const scrolled = [...part.querySelectorAll(".scroll, .drawing")].map((one) => [one.scrollLeft, one.scrollTop]);
  part.replaceChildren(...other.childNodes);
  [...part.querySelectorAll(".scroll, .drawing")].forEach((one, number) => { if (scrolled[number]) one.scrollTo(...scrolled[number]); });
  [...part.querySelectorAll("details")].forEach((one, number) => { if (details[number]) one.open = true; });
  if (focused) focusable(part)[place]?.focus({ preventScroll: true });
  part.dispatchEvent(new CustomEvent("exchanged", { bubbles: true }));
}

function focusable(part) {
  return [...part.querySelectorAll("a[href], button, [tabindex]")];
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
