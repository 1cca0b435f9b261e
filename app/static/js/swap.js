// @ts-check
/* <form data-swap="#list"> and <a data-swap="#list"> replace one element, or several, by the same ones of the answer. */
import { standing } from "./keys.js";
import { enhance } from "./lookup.js";
import { on, text, toast } from "./page.js";

let stop = null;
let typing = 0;
let shown = location.pathname + location.search;

/* `stay`: the address stays. `live`: it is put in place of one that was typed a moment ago, so that Back leads to what was there before typing. */
export async function swap(url, selectors, { live = false, stay = false } = {}) {
  const [selector, ...beside] = selectors.split(", ");
  const target = document.querySelector(selector);
  const bar = Object.assign(document.createElement("div"), { className: "wait" });
  stop?.abort();
  stop = new AbortController();
  target.setAttribute("aria-busy", "true");
  document.body.append(bar);
  try {
    const answer = await fetch(url, { signal: stop.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(selector);
    // Logged out meanwhile, or an error page: show what the server says, whole.
    if (!fresh) { location.assign(url); return; }
    const inside = target.contains(document.activeElement);
    const stand = stay ? standing() : () => false;
    target.replaceWith(fresh);
    for (const other of beside.length ? document.querySelectorAll(beside.join(", ")) : []) other.replaceWith(page.getElementById(other.id) ?? "");
    enhance(fresh);
    if (stay) { /* a part of the page that has no address of its own */ } else if (live && history.state?.live) history.replaceState({ live }, "", url); else history.pushState({ live }, "", url);
    shown = location.pathname + location.search;
    const stands = stand();
    if (inside && !stands) { fresh.tabIndex = -1; fresh.focus({ preventScroll: true }); }
    if (!stands && fresh.getBoundingClientRect().top < 0) scrollTo({ top: 0 });
    document.dispatchEvent(new CustomEvent("swapped", { detail: fresh }));
  } catch (error) {
    if (error.name === "AbortError") return;
    target.removeAttribute("aria-busy");
    toast(text("Failed"), { kind: "danger" });
  } finally {
    bar.remove();
  }
}

/* Inputs stay as they were typed; what is told against them is replaced. */
document.addEventListener("swapped", () => {
  for (const told of document.querySelectorAll(".impossible, .told")) {
    const name = told.id.replace(/^impossible-|-error$/, "");
    const inputs = document.querySelectorAll(`[aria-describedby="${told.id}"], form[data-swap] [name="${name}"]`);
    for (const input of inputs) told.textContent.trim() ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
});

on("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (/** @type {Element} */ (event.target));
  if (!form.dataset.swap) return;
  event.preventDefault();
  clearTimeout(typing);
  const asked = [...new FormData(form)].filter(([, value]) => value !== "");
  form.classList.toggle("active", asked.length > 0);
  swap(`${form.action.split("?")[0]}?${new URLSearchParams(/** @type {[string, string][]} */ (asked))}`, form.dataset.swap, { live: "live" in form.dataset });
});
/* <form data-live>: what is typed is asked at once; an <input data-rest="a b"> is what a and b leave of 100. */
on("input", ({ target }) => {
  const { form } = target;
  const rest = form?.querySelector("[data-rest]");
  if (rest && target !== rest) {
    const others = rest.dataset.rest.split(" ").map((name) => Number(form.elements[name].value.replace(",", ".")));
    const left = 100 - others.reduce((a, b) => a + b);
    rest.value = left.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2, useGrouping: false });
  }
  if (!form?.matches("[data-live]")) return;
  clearTimeout(typing);
  typing = setTimeout(() => { if (form.checkValidity()) form.requestSubmit(); }, 300);
});
on("click", (event) => {
  const link = /** @type {HTMLAnchorElement} */ (/** @type {Element} */ (event.target.closest("a[data-swap]")));
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  clearTimeout(typing);  // what was typed before is asked no more
  swap(link.href, link.dataset.swap, { stay: "stay" in link.dataset });
});
addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) location.reload();
});
