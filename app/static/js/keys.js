// @ts-check
/* Keys of every page, by their place on the keyboard: the same on the Russian layout. Never while one types.
   data-key="KeyN" is pressed by N; inside a row it means the row that one stands on. */
import { on } from "./page.js";

const isTyping = (el) => el.isContentEditable || el.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])");
const ROWS = "main .grid tbody tr:not(.group), main .agenda li, main .ahead li";
const linkOf = (row) => /** @type {HTMLAnchorElement} */ (row?.querySelector(".lead-link") ?? row?.querySelector("a[href]:not([data-box])"));
const here = () => document.activeElement?.closest(ROWS);

const UNSEEN = 700; // ms: a key pressed twice means the row that was there
let cameAt = -UNSEEN; // when another row came under the keys, in place of one that is gone

const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => linkOf(row));

function step(by) {
  cameAt = -UNSEEN;
  const all = rows();
  const at = all.indexOf(here());
  linkOf(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)])?.focus();
}

/** Before rows are drawn anew: what then takes one to the same row, or to that in its place when it is gone; says whether there is any. */
export function standing() {
  const at = rows().indexOf(here());
  const href = linkOf(here())?.href;
  return () => {
    const all = rows();
    const row = at < 0 ? null : all.find((each) => linkOf(each).href === href) ?? all[Math.min(at, all.length - 1)];
    if (row && linkOf(row).href !== href) cameAt = performance.now();
    if (row) linkOf(row).focus();
    return Boolean(row);
  };
}

function press(code) {
  const wanted = `[data-key="${code}"]`;
  const found = /** @type {HTMLElement[]} */ ([...(here()?.querySelectorAll(wanted) ?? []), ...document.querySelectorAll(wanted)]);
  const shown = found.find((each) => here()?.contains(each) || !each.closest(ROWS));
  if (here()?.contains(shown) && performance.now() - cameAt < UNSEEN) return true;
  if (shown?.matches("input")) shown.focus(); else shown?.click();
  if (shown?.matches("summary")) /** @type {HTMLElement} */ (shown.parentElement.querySelector(":is(input, select, button):not([type=hidden])"))?.focus();
  return Boolean(shown);
}

/* Undoing reads the page anew: by what is chosen there one stands after it where one stood. */
export const stood = keepPlace("");
rows().map(linkOf).find((link) => link.href === stood)?.focus();

/** Says what was kept before. */
function keepPlace(place) {
  try {
    const before = sessionStorage.getItem("stood") ?? "";
    sessionStorage.setItem("stood", place);
    return before;
  } catch { return ""; /* a browser that keeps nothing */ }
}

function remember() {
  const event = /** @type {HTMLElement} */ (document.activeElement?.closest(".ec-event")?.querySelector("[data-id]"));
  keepPlace(linkOf(here())?.href ?? event?.dataset.id ?? "");
}

const ARROWS = { ArrowDown: 1, ArrowUp: -1 };
const WALKS = { KeyJ: () => step(1), KeyK: () => step(-1) };

function alone(event) {
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
    /** @type {HTMLDialogElement} */ (document.getElementById("keys"))?.showModal();
    return true;
  }
  if (event.shiftKey) return false;
  if (event.code === "Slash") {
    const search = /** @type {HTMLInputElement} */ (document.querySelector(".omni input"));
    search?.focus();
    search?.select();
    return Boolean(search);
  }
  if (event.code === "KeyX") {
    const tick = /** @type {HTMLInputElement} */ (here()?.querySelector(".tick input"));
    tick?.click();
    return Boolean(tick);
  }
  if (WALKS[event.code]) { WALKS[event.code](); return true; }
  return press(event.code);
}

on("keydown", (event) => {
  const { target } = event;
  const command = event.ctrlKey || event.metaKey;
  if (event.code === "Enter" && command && target.form?.matches("[data-guard], [data-verb]")) {
    event.preventDefault();
    target.form.requestSubmit();
    return;
  }
  const walk = target.matches(".grid .lead-link") && ARROWS[event.key];
  if (walk && !event.altKey && !command) { event.preventDefault(); step(walk); return; }
  if (event.altKey || event.repeat && !WALKS[event.code] || isTyping(target) && event.code !== "F1") return;
  if (document.querySelector("dialog[open]")) return;
  if (command) {
    const undo = event.code === "KeyZ" && !event.shiftKey && /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-undo]")]).at(-1);
    if (undo) { event.preventDefault(); remember(); undo.click(); }
    return;
  }
  if (alone(event)) event.preventDefault();
});

on("click", ({ target }) => {
  if (target.closest("[data-keys]")) /** @type {HTMLDialogElement} */ (document.getElementById("keys")).showModal();
});
