// @ts-check
/* What every page can do. Behaviour hangs on data-attributes only; texts come translated from <body data-text-…>. */
/** @param {string} name */
export const text = (name) => document.body.dataset[`text${name}`];

/**
 * Listens on the whole page; the target is the element that it happened to.
 * @template {keyof DocumentEventMap} K
 * @param {K} kind
 * @param {(event: DocumentEventMap[K] & { target: HTMLInputElement }) => void} listener
 */
export function on(kind, listener, capture = false) {
  document.addEventListener(kind, /** @type {EventListener} */ (listener), capture);
}

/**
 * A short message at the corner; `undo` and `why` add a button each, `url` makes it a link.
 * @param {string} message
 * @param {{ kind?: string, undo?: () => void, url?: string, why?: () => void }} [options]
 */
export function toast(message, { kind = "plain", undo, url, why } = {}) {
  const box = document.createElement("div");
  box.className = `alert alert-${kind}`;
  const said = url ? Object.assign(document.createElement("a"), { href: url }) : document.createElement("span");
  said.textContent = message;
  box.append(said);
  const offer = (words, press) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-link btn-sm";
    button.textContent = words;
    button.addEventListener("click", () => { press(); box.remove(); });
    box.append(button);
    return button;
  };
  if (undo) offer(text("Undo"), undo).dataset.undo = "";
  if (why) offer(text("Why"), why);
  document.querySelector(".toasts").append(box);
  setTimeout(() => box.remove(), undo ? 10000 : 6000);
}

/** No field within is called wrong any more.
    @param {Element} part */
export function forgive(part) {
  part.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  });
}

/** @param {string} address */
export function post(address) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("post"));
  form.action = address;
  form.submit();
}

/* data-confirm: a question first. A button is then submitted; a link is posted to. */
let asking = null;
function confirmFirst(element) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirm"));
  asking = element;
  dialog.querySelector("p").textContent = element.dataset.confirm;
  dialog.querySelector("[value=yes]").textContent = element.dataset.yes || text("Delete");
  dialog.returnValue = "";
  dialog.showModal();
}
function confirmed() {
  const element = asking;
  asking = null;
  if (element.form) {
    element.form.requestSubmit(element);
  } else {
    post(element.href);
  }
}

function closeMenus(except) {
  /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.pop[open]")).forEach((menu) => { if (menu !== except) menu.open = false; });
}
function openNav(open) {
  document.body.classList.toggle("nav-open", open);
  const burger = document.querySelector(".burger");
  burger?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".side a")?.focus(); else burger?.focus();
}

function setTheme(theme) {
  try { localStorage.setItem("theme", theme); } catch { /* a browser that keeps nothing: until the next page */ }
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  document.dispatchEvent(new CustomEvent("themechange"));
  showTheme();
}

function showTheme() {
  const now = document.documentElement.dataset.theme || "";
  document.querySelectorAll("[data-set-theme]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === now));
  });
}

on("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  closeMenus(at("details.pop"));
  const asks = at("[data-confirm]");
  if (asks) { event.preventDefault(); confirmFirst(asks); return; }
  if (at("[data-dismiss]")) at(".alert").remove();
  if (at("[data-back]")) { event.preventDefault(); history.back(); }
  if (at(".burger")) openNav(!document.body.classList.contains("nav-open"));
  if (at(".veil")) openNav(false);
  const theme = at("[data-set-theme]");
  if (theme) setTheme(theme.dataset.setTheme);
  const toggle = at("[data-toggle-class]");
  if (toggle) {
    const open = toggle.closest(toggle.dataset.toggleClass).classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  }
  const row = at("tr[data-href]");
  if (row && !at("a, button, input, select, label, .tick, [data-fact]") && !String(getSelection())) {
    if (event.ctrlKey || event.metaKey) open(row.dataset.href); else location.assign(row.dataset.href);
  }
});

on("keydown", (event) => {
  const target = event.target;
  if (event.key === "Escape") {
    const menu = !document.querySelector("dialog[open]") && document.querySelector("details.pop[open]");
    if (menu) { event.preventDefault(); closeMenus(); menu.querySelector("summary").focus(); }
    if (document.body.classList.contains("nav-open")) openNav(false);
    // Keys of the page are heard again; one of a letter would send it while its text is typed on.
    if (target.matches("input, select, textarea") && !target.closest("dialog, .in-place, [data-letter]")) target.blur();
  }
});

/* data-copy: its words go to the clipboard, which a page without TLS may reach only in the old way. */
async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    const box = Object.assign(document.createElement("textarea"), { value: words, className: "sr-only" });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  toast(`${text("Copied")} ${words}`);
}
on("click", ({ target }) => {
  const asked = target.closest("[data-copy]");
  if (asked) copy(asked.dataset.copy);
});

document.getElementById("confirm")?.addEventListener("close", (event) => {
  if (/** @type {HTMLDialogElement} */ (event.target).returnValue === "yes" && asking) confirmed();
});

/** Tables that do not fit are scrolled: to be called where their room changes. */
export function fitTables() {
  document.querySelectorAll(".sheet").forEach((sheet) => {
    sheet.classList.remove("wide");
    sheet.classList.toggle("wide", sheet.scrollWidth > sheet.clientWidth);
  });
}
addEventListener("resize", fitTables);
addEventListener("load", fitTables);
/* Ctrl+Z takes back what was just done; later it is somebody's slip, and the button is still there. */
setTimeout(() => document.querySelectorAll(".alert [data-undo]").forEach((button) => button.removeAttribute("data-undo")), 10000);
document.addEventListener("swapped", fitTables);
showTheme();

/* What waits in the calendar, beside its entry of the menu; told to every open page when something was done. */
async function count() {
  const place = /** @type {HTMLElement} */ (document.querySelector("[data-counter]"));
  if (!place) return;
  try {
    const answer = await fetch(place.dataset.counter, { headers: { Accept: "application/json" } });
    const { overdue, today, told } = await answer.json();
    place.textContent = overdue || today ? told : "";
    place.classList.toggle("tag-bad", overdue > 0);
    place.hidden = !place.textContent;
  } catch { /* the menu does without it */ }
}
const others = new BroadcastChannel("done");
others.addEventListener("message", () => { count(); document.dispatchEvent(new CustomEvent("done-elsewhere")); });
on(/** @type {any} */ ("verb-done"), () => { count(); others.postMessage(""); });
count();
/* What was just saved by a form of its own: other pages learn of it as of a verb. */
if (document.querySelector(".alert-success")) others.postMessage("");
