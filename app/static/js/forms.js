// @ts-check
/* Forms: typed text is not lost, half-typed dates are not sent, one press sends once. */
import { on, text, toast } from "./page.js";

const state = (form) => new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name : value])).toString();
const before = new WeakMap();
const guarded = () => [...document.querySelectorAll("form[data-guard]")];
const changed = (form) => before.has(form) && before.get(form) !== state(form);
const TYPED = "input:not([type=hidden], [type=checkbox]), select:not([hidden]), textarea";

function start() {
  // A form that came back with errors is unsaved from the beginning.
  guarded().forEach((form) => before.set(form, form.querySelector("[aria-invalid]") ? "" : state(form)));
  const form = document.querySelector("form[data-guard]");
  const first = form?.querySelector("[aria-invalid=true]:not([hidden])") || form?.querySelector(`[data-first] :is(${TYPED})`);
  first?.focus();
}

addEventListener("beforeunload", (event) => {
  if (guarded().some(changed)) event.preventDefault();
});

on("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (/** @type {Element} */ (event.target));
  if (form.method !== "post" || event.defaultPrevented) return;
  // The server finds the words for what is missing, but a half-typed date would silently arrive empty.
  const unclear = [...form.querySelectorAll("input")].find((field) => field.validity.badInput);
  if (unclear || form.dataset.sent) {
    event.preventDefault();
    unclear?.reportValidity();
    return;
  }
  if (event.submitter?.getAttribute("formtarget")) return; // shown elsewhere: the form goes on
  form.dataset.sent = "1";
  before.delete(form);
  event.submitter?.setAttribute("aria-busy", "true");
  document.body.append(Object.assign(document.createElement("div"), { className: "wait" }));
});

/* A page that the browser brings back from its memory must work again. */
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  document.querySelectorAll("[aria-busy]").forEach((element) => element.removeAttribute("aria-busy"));
  document.querySelectorAll(".wait").forEach((element) => element.remove());
});

/* The end of a meeting moves with its beginning. */
const began = new WeakMap(); // a field gets the focus again when a browser rebuilds its parts
const moment = (field) => Date.parse(`${field.value}Z`);
on("focusin", ({ target }) => { if (target.name === "starts_at" && !began.has(target)) began.set(target, moment(target)); });
on("change", ({ target }) => {
  const end = target.name === "starts_at" && target.form?.querySelector("[name=ends_at]");
  if (!end) return;
  const later = moment(end) + moment(target) - began.get(target);
  if (later) end.value = new Date(later).toISOString().slice(0, 16);
  began.set(target, moment(target));
});

/* A removed row of a document can come back. */
on("click", (event) => {
  const row = event.target.closest("[data-del-line]")?.closest("tr");
  if (!row) return;
  const { parentNode, nextSibling } = row;
  row.remove();
  toast(text("LineRemoved"), { undo: () => parentNode.insertBefore(row, nextSibling) });
});

/* Many choices: a list of ticks that can be filtered, in place of a multiple select. */
export const picklists = (root) => root.querySelectorAll("select[multiple]:not([hidden])").forEach((select) => {
  const list = document.createElement("div");
  list.className = "picklist";
  [...select.options].forEach((option) => {
    const label = document.createElement("label");
    const tick = Object.assign(document.createElement("input"), { type: "checkbox", checked: option.selected });
    tick.addEventListener("change", () => { option.selected = tick.checked; });
    label.append(tick, option.text);
    list.append(label);
  });
  const filter = Object.assign(document.createElement("input"), { type: "search", className: "form-control picklist-filter" });
  filter.setAttribute("aria-label", text("Filter"));
  filter.placeholder = text("Filter");
  filter.addEventListener("input", () => list.querySelectorAll("label").forEach((label) => {
    label.hidden = !label.textContent.toLowerCase().includes(filter.value.toLowerCase());
  }));
  select.hidden = true;
  if (select.options.length > 12) select.before(filter);
  select.before(list);
});

document.addEventListener("DOMContentLoaded", start);
