// @ts-check
/* The box over every page answers while one types: <form data-typed="address">. / comes here from keys.js.
   With nothing typed it offers the cards that this user opened last in this browser. */
import { on, text } from "./page.js";

const WAIT = 120;  // ms of a pause in typing
const LEAST = 2;  // letters
const MOST = 12;  // cards that are remembered
const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-typed]"));
const opened = `vizavi-opened:${document.body.dataset.user}`;

/** A browser that keeps nothing remembers nothing, and finds all the same. */
function remembered() {
  try { return /** @type {string[]} */ (JSON.parse(localStorage.getItem(opened) ?? "[]")); } catch { return []; }
}

function remember(address) {
  const list = [address, ...remembered().filter((each) => each !== address)].slice(0, MOST);
  try { localStorage.setItem(opened, JSON.stringify(list)); } catch { /* nothing is kept */ }
}

function made(name, attributes, ...inside) {
  const element = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  element.append(...inside);
  return element;
}

class Box {
  constructor() {
    this.input = form.querySelector("input");
    this.list = /** @type {HTMLElement} */ (form.querySelector("[role=listbox]"));
    this.only = "";
    this.shown = null;  // the text that the list answers
    this.input.addEventListener("focus", () => { if (!this.input.value.trim()) this.ask(); });
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    form.addEventListener("submit", (event) => this.send(event));
  }

  typed() { return this.input.value.trim(); }
  options() { return /** @type {any[]} */ ([...this.list.querySelectorAll("[role=option]")]); }

  later() {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const q = this.typed();
    if (q && q.length < LEAST) { this.close(); return; }
    const asked = new URLSearchParams(q ? { q } : remembered().map((address) => ["opened", address]));
    if (!q && !asked.size) { this.close(); return; }
    this.stop?.abort();
    const stop = this.stop = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.typed}?${asked}`, { headers: { Accept: "application/json" }, signal: stop.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const { groups, only } = await answer.json();
      if (q === this.typed()) this.show(q, groups, only);
    } catch (error) {
      if (error.name !== "AbortError") this.note(text("Failed"));
    }
  }

  show(q, groups, only) {
    Object.assign(this, { only, shown: q });
    if (document.activeElement !== this.input) return;
    const parts = groups.map(({ title, hits }, n) => {
      const id = `omni-group-${n}`;
      return made("div", { role: "group", "aria-labelledby": id }, made("div", { id, class: "title", role: "presentation" }, title),
        ...hits.filter(({ url }) => url).map((hit, at) => this.option(hit, `omni-${n}-${at}`)));
    });
    if (!q && !parts.length) { this.close(); return; }
    if (!parts.length) { this.note(text("Nothing")); return; }
    if (groups.some(({ more }) => more)) {
      parts.push(this.option({ title: form.dataset.all, url: `${form.action}?${new URLSearchParams({ q })}`, icon: "fa-list", about: "" }, "omni-all"));
    }
    this.open(...parts);
  }

  option({ title, url, about, icon }, id) {
    const words = made("span", {}, made("b", {}, title), ...(about ? [made("small", {}, about)] : []));
    return made("a", { role: "option", id, href: url, tabindex: "-1", "aria-selected": "false" }, made("i", { class: `fa ${icon}`, "aria-hidden": "true" }), words);
  }

  note(words) { this.open(made("p", { class: "note" }, words)); }

  open(...inside) {
    this.list.replaceChildren(...inside);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(null);
  }

  close() {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(null);
  }

  mark(option) {
    this.options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
    if (!option) { this.input.removeAttribute("aria-activedescendant"); return; }
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  marked() { return /** @type {HTMLAnchorElement} */ (this.list.hidden ? null : this.list.querySelector("[aria-selected=true]")); }

  key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) { this.ask(); return; }
      const options = this.options();
      const at = options.indexOf(this.marked()) + (event.key === "ArrowDown" ? 1 : -1);
      this.mark(options[at < -1 ? options.length - 1 : at] ?? null);  // past either end one is back in what is typed
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  /** Enter opens what is marked, or what alone was found; else the page of all that is found. */
  send(event) {
    const chosen = this.marked()?.href || (this.shown === this.typed() && this.only);
    if (!chosen && this.typed()) return;
    event.preventDefault();
    if (chosen) location.assign(chosen);
  }
}

if (form) {
  new Box();
  if (/\/show\/\d+$/.test(location.pathname)) remember(location.pathname);
}
/* From any place of the page, whatever one types in: by the place of the key, so on any layout. */
on("keydown", (event) => {
  if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !form) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const input = form.querySelector("input");
  input.focus();
  input.select();
});
