// @ts-check
/* A picker with type-ahead: <select data-lookup="address"> becomes a combobox that asks the server while one types.
   data-lookup-within="counterparty": the chosen counterparty is sent along, and changing it empties this picker;
   data-lookup-with="counterparty date" only sends these along. The choices of a multiple select stand above the box.
   The event "pick" chooses what its detail says. */
import { picklists } from "./forms.js";
import { text } from "./page.js";

let serial = 0;

function button(name, sign, label, press) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: name, textContent: sign, tabIndex: -1 });
  made.setAttribute("aria-label", label);
  made.addEventListener("mousedown", (event) => event.preventDefault());
  made.addEventListener("click", press);
  return made;
}

class Lookup {
  constructor(select) {
    this.select = select;
    this.items = [];
    this.page = 1;
    this.more = false;
    this.asked = "";
    this.typed = false;  // the list does not answer yet what is typed
    this.entered = false;  // Enter was pressed meanwhile
    this.build();
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.leave());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      if (option) this.choose(this.items[option.dataset.index]);
    });
    this.list.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.list;
      if (this.more && !this.waiting && scrollTop + clientHeight > scrollHeight - 60) this.load(this.asked, this.page + 1);
    });
    this.select.addEventListener("pick", ({ detail }) => this.choose(detail));
    this.master()?.addEventListener("change", () => { if (this.chosenText()) this.choose(null); });
  }

  build() {
    const { select } = this;
    const box = document.createElement("div");
    box.className = "lookup";
    this.input = Object.assign(document.createElement("input"), {
      type: "text", className: "form-control", autocomplete: "off", id: select.id, value: this.chosenText(), disabled: select.disabled,
    });
    this.list = Object.assign(document.createElement("ul"), { id: `lookup-${++serial}`, hidden: true });
    this.list.setAttribute("role", "listbox");
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    Object.entries(roles).forEach(([name, value]) => this.input.setAttribute(name, value));
    ["aria-invalid", "aria-describedby", "aria-label", "placeholder", "title"].forEach((name) => {
      if (select.hasAttribute(name)) this.input.setAttribute(name, select.getAttribute(name));
    });
    this.clear = button("clear", "×", text("Clear"), () => { this.choose(null); this.input.focus(); });
    const open = button("open", "▾", text("Choose"), () => {
      this.input.focus();
      if (this.list.hidden) this.load(""); else this.close();
    });
    const focused = document.activeElement === select;
    select.removeAttribute("id");
    select.removeAttribute("required");
    select.hidden = true;
    select.before(box);
    box.append(this.input, this.clear, open, this.list, select);
    if (focused) this.input.focus();  // whoever was quicker than this script stays where he was
    this.clear.hidden = select.multiple || !select.value;
    if (select.multiple) this.picked();
  }

  /* What a multiple select holds, each with a button that takes it out. */
  picked() {
    if (!this.chips) {
      this.chips = Object.assign(document.createElement("span"), { className: "picked" });
      this.input.parentElement.before(this.chips);
    }
    this.chips.replaceChildren(...[...this.select.selectedOptions].map((option) => {
      const chip = Object.assign(document.createElement("span"), { className: "tag", textContent: option.text });
      chip.append(button("drop", "×", `${text("Clear")}: ${option.text}`, () => { option.remove(); this.changed(); }));
      return chip;
    }));
  }
  changed() {
    this.picked();
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  master() {
    const name = this.select.dataset.lookupWithin;
    return name && this.select.form?.querySelector(`[name="${name}"]`);
  }
  chosenText() { return this.select.value && !this.select.multiple ? this.select.selectedOptions[0].text : ""; }

  later() {
    clearTimeout(this.timer);
    Object.assign(this, { typed: true, entered: false });
    this.timer = setTimeout(() => this.load(this.input.value.trim()), 180);
  }

  async load(q, page = 1) {
    this.stop?.abort();
    const stop = this.stop = new AbortController();
    const query = new URLSearchParams({ q, page: String(page) });
    for (const beside of this.select.dataset.lookupWith?.split(" ") ?? []) {
      query.set(beside, this.select.form?.elements[beside]?.value || "");
    }
    const master = this.master();
    if (master?.value) query.set(this.select.dataset.lookupWithin, master.value);
    this.waiting = true;
    this.input.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.select.dataset.lookup}?${query}`, { headers: { Accept: "application/json" }, signal: stop.signal });
      if (answer.status === 400) { this.show([], text("First")); return; }
      if (!answer.ok) throw new Error(answer.statusText);
      const { results, pagination } = await answer.json();
      Object.assign(this, { asked: q, page, more: Boolean(pagination?.more) });
      this.show(page > 1 ? [...this.items, ...results] : results);
    } catch (error) {
      if (error.name !== "AbortError") this.show([], text("Failed"));
    } finally {
      if (this.stop === stop) {
        this.waiting = false;
        this.input.removeAttribute("aria-busy");
      }
    }
  }

  show(items, note = text("Nothing")) {
    const { entered } = this;
    Object.assign(this, { items, typed: false, entered: false });
    if (document.activeElement !== this.input) return;
    if (entered && items.length) { this.choose(items[0]); return; }
    const options = items.map((item, index) => {
      const option = Object.assign(document.createElement("li"), { id: `${this.list.id}-${index}`, textContent: item.text });
      option.dataset.index = index;
      option.setAttribute("role", "option");
      if (item.hint) option.append(Object.assign(document.createElement("small"), { textContent: item.hint }));
      return option;
    });
    if (!items.length) options.push(Object.assign(document.createElement("li"), { className: "note", textContent: note }));
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(this.page > 1 ? this.marked : 0);
  }

  close() {
    this.list.hidden = true;
    this.list.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  mark(index) {
    this.marked = index;
    this.list.querySelectorAll("[role=option]").forEach((option, n) => option.setAttribute("aria-selected", String(n === index)));
    const active = this.list.querySelector("[aria-selected=true]");
    if (!active) return;
    this.input.setAttribute("aria-activedescendant", active.id);
    active.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const open = !this.list.hidden;
    const marked = this.items[this.marked];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (open) this.mark(Math.min(Math.max(this.marked + step, 0), this.items.length - 1)); else this.load("");
    } else if (event.key === "Enter" && !event.ctrlKey && (open || this.waiting || this.input.value !== this.chosenText())) {
      event.preventDefault();  // an answer on its way must not send the form instead of being chosen
      if (this.typed) this.entered = true; else if (open && marked) this.choose(marked);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();  // the box that the picker stands in stays
      event.stopPropagation();
      this.close();
      this.input.value = this.chosenText();
    } else if (event.key === "Tab" && open && marked && this.input.value.trim() && this.input.value !== this.chosenText()) {
      this.choose(marked);
    }
  }

  leave() {
    clearTimeout(this.timer);
    this.stop?.abort();
    Object.assign(this, { typed: false, entered: false });
    this.close();
    if (!this.input.value.trim() && this.chosenText()) this.choose(null); else this.input.value = this.chosenText();
  }

  choose(item) {
    if (this.select.multiple) {
      if (item && ![...this.select.options].some((one) => one.value === String(item.id))) {
        this.select.append(new Option(item.text, item.id, true, true));
      }
      this.input.value = "";
      this.close();
      this.changed();
      return;
    }
    this.select.replaceChildren(item ? new Option(item.text, item.id, true, true) : new Option("", "", true, true));
    this.input.value = item ? item.text : "";
    this.clear.hidden = !item;
    this.close();
    if (item) {  // an item brings its price into the row
      this.select.closest("tr")?.querySelectorAll("[data-from]").forEach((field) => {
        if (item[field.dataset.from] !== undefined) field.value = item[field.dataset.from];
      });
    }
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/* What has just come into the page becomes as lively as the rest. */
export function enhance(root) {
  root.querySelectorAll("select[data-lookup]:not([hidden])").forEach((select) => new Lookup(select));
  picklists(root);
}

enhance(document);
