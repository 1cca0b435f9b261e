// @ts-check
/* The composer: <form data-letter> keeps its draft in the base while one types, [data-people] offers recipients;
   [data-take-back] goes when its seconds are over. */
import { forgive, text } from "./page.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-letter]"));
const PAUSE = 800;
let waiting = 0;
let sending = Promise.resolve();

/** @param {string} name */
const input = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

function complain({ message, field }) {
  const told = form.querySelector(`[data-error="${field}"]`);
  if (!told) return;
  told.textContent = message;
  told.removeAttribute("hidden");
  input(field)?.setAttribute("aria-invalid", "true");
  input(field)?.setAttribute("aria-describedby", told.id);
}

function list(files) {
  const rows = files.map((file) => {
    const row = document.createElement("li");
    const size = Object.assign(document.createElement("small"), { textContent: ` ${Math.ceil(file.size / 1024)} KB ` });
    const remove = Object.assign(document.createElement("button"), { className: "btn btn-link btn-sm", textContent: "×", formAction: file.url });
    remove.setAttribute("form", "post");
    remove.setAttribute("aria-label", `${text("Clear")} ${file.name}`);
    row.append(Object.assign(document.createElement("span"), { textContent: file.name }), size, remove);
    return row;
  });
  form.querySelector("[data-files]").replaceChildren(...rows);
}

async function keep(withFiles = false) {
  const body = new FormData(form);
  if (!withFiles) body.delete("files");
  const kept = /** @type {HTMLElement} */ (form.querySelector("[data-kept]"));
  try {
    const answer = await fetch(form.dataset.letter, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const told = await answer.json();
    if (!input("draft").value) {
      input("draft").value = told.draft;
      const address = `${form.dataset.address}?draft=${told.draft}`;
      history.replaceState(null, "", address);
      form.action = form.dataset.address;
      const program = /** @type {HTMLAnchorElement} */ (form.querySelector("[data-program]"));
      program.href = `${program.pathname}?draft=${told.draft}`;
    }
    form.querySelectorAll("[data-error]").forEach((told) => told.setAttribute("hidden", ""));
    forgive(form);
    if (told.wrong && (withFiles || document.activeElement !== input(told.wrong.field))) complain(told.wrong);
    if (withFiles) { list(told.files); input("files").value = ""; }
    kept.textContent = kept.dataset.kept;
  } catch {
    kept.textContent = text("Failed");
  }
}

function later() {
  clearTimeout(waiting);
  waiting = window.setTimeout(() => { sending = sending.then(() => keep()); }, PAUSE);
}

/* Recipients: what stands behind the last comma is looked for. */
class People {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.input = /** @type {HTMLInputElement} */ (box.querySelector("input"));
    this.list = Object.assign(document.createElement("ul"), { id: `${this.input.id}-list`, className: "offered", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.input.setAttribute("aria-controls", this.list.id);
    box.append(this.list);
    this.items = [];
    this.answered = "";  // what the list answers
    this.marked = 0;
    this.timer = 0;
    this.input.addEventListener("input", () => { clearTimeout(this.timer); this.timer = window.setTimeout(() => this.ask(), 180); });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest("li"));
      if (option) this.choose(Number(option.dataset.index));
    });
  }

  parts() {
    const at = this.input.value.search(/[^,;]*$/);
    return [this.input.value.slice(0, at), this.input.value.slice(at).trim()];
  }

  async ask() {
    const [, typed] = this.parts();
    if (typed.length < 2) { this.close(); return; }
    const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || this.parts()[1] !== typed) return;
    this.items = await answer.json();
    this.answered = typed;
    this.list.replaceChildren(...this.items.map((item, index) => {
      const option = Object.assign(document.createElement("li"), { id: `${this.list.id}-${index}`, textContent: item.text });
      option.dataset.index = String(index);
      option.setAttribute("role", "option");
      option.append(Object.assign(document.createElement("small"), { textContent: item.hint }));
      return option;
    }));
    this.list.hidden = !this.items.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark(0);
  }

  mark(index) {
    this.marked = index;
    [...this.list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === index)));
    if (this.list.children[index]) this.input.setAttribute("aria-activedescendant", this.list.children[index].id);
  }

  key(event) {
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark(Math.min(Math.max(this.marked + step, 0), this.items.length - 1));
    } else if (event.key === "Enter" || event.key === "Tab") {
      if (event.key === "Enter") event.preventDefault();
      if (this.parts()[1] === this.answered) this.choose(this.marked);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
  }

  choose(index) {
    const [before] = this.parts();
    if (!this.items[index]) return;
    this.input.value = `${before}${before && !before.endsWith(" ") ? " " : ""}${this.items[index].typed}, `;
    this.close();
    later();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

if (form) {
  form.querySelectorAll("[data-people]").forEach((box) => new People(/** @type {HTMLElement} */ (box)));
  form.addEventListener("input", (event) => {
    if (/** @type {HTMLInputElement} */ (event.target).type !== "file") later();
  });
  input("files").addEventListener("change", () => { clearTimeout(waiting); sending = sending.then(() => keep(true)); });
  form.addEventListener("submit", () => clearTimeout(waiting));
}

document.querySelectorAll("[data-take-back]").forEach((button) => {
  const seconds = Number(/** @type {HTMLElement} */ (button).dataset.takeBack);
  setTimeout(() => location.reload(), (seconds + 4) * 1000);
});
