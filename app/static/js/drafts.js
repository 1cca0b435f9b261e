// @ts-check
/* Nothing typed is lost: a form keeps a draft in the browser, of its user and its address, and offers it back after a
   crash, a closed tab or an expired login. Passwords are never kept; saving removes the draft, logging out all of them. */
import { on, text } from "./page.js";

const WEEK = 7 * 24 * 3600 * 1000;
const SENT = "vizavi-draft-sent";
const user = document.body.dataset.user;
const ours = `vizavi-draft:${user}:`;
const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-guard]"));
const key = ours + location.pathname + location.search;

/** A browser that keeps nothing loses drafts, and nothing else. */
function kept(work) {
  try { return work(); } catch { return null; }
}

const mayBeKept = () => form && user && !form.querySelector("[type=password], [data-secret]");
const ONCE = "once"; // goes with the draft: what was saved, though the answer was lost, is not saved twice
const fields = () => /** @type {HTMLInputElement[]} */ ([...form.elements]).filter((field) =>
  field.name && (field.name === ONCE || !["hidden", "file", "submit", "button"].includes(field.type)));

function typed() {
  return fields().map((field) => {
    if (field.matches("[type=checkbox], [type=radio]")) return [field.name, field.value, field.checked];
    const select = /** @type {unknown} */ (field);
    if (field.matches("select[multiple]")) return [field.name, [.../** @type {HTMLSelectElement} */ (select).selectedOptions].map((each) => each.value)];
    if (field.matches("select[data-lookup]")) return [field.name, field.value, /** @type {HTMLSelectElement} */ (select).selectedOptions[0]?.text ?? ""];
    return [field.name, field.value];
  });
}

let begun = "";
let saving = 0;
let touched = false;

function keep() {
  const now = JSON.stringify(typed());
  if (now === begun) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify({ at: Date.now(), typed: now }));
}

function put([name, value, more]) {
  const field = fields().find((each) => each.name === name && (typeof more !== "boolean" || each.value === value));
  if (!field) return;
  if (typeof more === "boolean") field.checked = more;
  else if (Array.isArray(value)) [.../** @type {any} */ (field).options].forEach((each) => { each.selected = value.includes(each.value); });
  else if (field.matches("select[data-lookup]")) {
    if (field.value !== value) field.dispatchEvent(new CustomEvent("pick", { detail: value ? { id: value, text: more } : null }));
    return;
  } else field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/* What a field does to others when it changes (the end of a meeting, the persons of a client, one more row of a
   document) is put right by a second walk. */
function restore(draft) {
  const values = JSON.parse(draft.typed);
  values.forEach(put);
  values.forEach(put);
}

/* A form that came back with what was typed, perhaps with a question besides, has nothing to be given back. */
function stands(draft) {
  const now = new Set(typed().map((each) => JSON.stringify(each)));
  return JSON.parse(draft.typed).every((each) => each[0] === ONCE || now.has(JSON.stringify(each)));
}

function offer(draft) {
  const at = new Date(draft.at).toLocaleString(document.documentElement.lang, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
  const box = Object.assign(document.createElement("div"), { className: "alert alert-info draft" });
  box.setAttribute("role", "status");
  const said = Object.assign(document.createElement("span"), { textContent: `${text("Draft")} ${at}` });
  const button = (words, press) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-default btn-sm", textContent: words });
    made.addEventListener("click", () => { press(); box.remove(); });
    return made;
  };
  box.append(said, button(text("DraftRestore"), () => restore(draft)), button(text("DraftDrop"), () => kept(() => localStorage.removeItem(key))));
  form.before(box);
}

/* A form that was sent has been saved when its answer leads on; a login in between, or no answer, keeps the draft. */
function settle() {
  const sent = sessionStorage.getItem(SENT);
  if (!sent || !user) { sessionStorage.removeItem(SENT); return; }
  sessionStorage.removeItem(SENT);
  const refused = sent === key && form?.querySelector("[aria-invalid], .err");
  const [{ redirectCount }] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  if (redirectCount && !refused && !document.querySelector("main .alert-danger, .failure")) localStorage.removeItem(sent);
}

/* When the other scripts have put their rows and pickers into the form. */
addEventListener("DOMContentLoaded", () => kept(() => {
  if (mayBeKept()) begun = JSON.stringify(typed());
  settle();
  Object.keys(localStorage).filter((name) => name.startsWith("vizavi-draft:")).forEach((name) => {
    if (Date.now() - JSON.parse(localStorage.getItem(name)).at > WEEK) localStorage.removeItem(name);
  });
  const draft = mayBeKept() && JSON.parse(localStorage.getItem(key));
  if (draft && !stands(draft)) offer(draft);
}));

on("input", later);
on("change", later);
function later({ target, isTrusted }) {
  if (target.form !== form || !mayBeKept()) return;
  touched ||= isTrusted;
  if (!touched) return;
  clearTimeout(saving);
  saving = window.setTimeout(() => kept(keep), 300);
}
addEventListener("pagehide", () => {
  if (!touched || form.dataset.sent) return;
  clearTimeout(saving);
  kept(keep);
});

on("submit", (event) => {
  const sent = /** @type {HTMLFormElement} */ (/** @type {Element} */ (event.target));
  if (sent === form && mayBeKept() && !event.defaultPrevented) kept(() => { clearTimeout(saving); keep(); sessionStorage.setItem(SENT, key); });
  if (event.submitter?.matches("[data-log-out]")) {
    kept(() => Object.keys(localStorage).filter((name) => name.startsWith(ours)).forEach((name) => localStorage.removeItem(name)));
  }
});
