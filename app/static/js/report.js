// @ts-check
/* Choices of a report: words of time and other days, what is set up on its panel, groups that fold. */
import { enhance } from "./lookup.js";
import { on } from "./page.js";

/* A period or a day: words, words with a number, or other days; the chosen option has the value. */
on("change", ({ target }) => {
  const moment = target.closest("[data-moment]");
  if (!moment) return;
  const select = /** @type {HTMLSelectElement} */ (moment.querySelector("select"));
  const inputsFor = (what) => /** @type {HTMLInputElement[]} */ ([...moment.querySelectorAll(`[data-for=${what}] input`)]);
  const [number] = inputsFor("number"), days = inputsFor("days");
  if (number.checkValidity() && number.value) {
    for (const option of moment.querySelectorAll("[data-number]")) option.value = option.dataset.number.replace("%", number.value);
  }
  if (days.includes(target)) moment.querySelector("[data-days]").value = days.map((input) => input.value).join("..");
  const chosen = select.selectedOptions[0].dataset;
  for (const what of ["number", "days"]) inputsFor(what).forEach((input) => { input.required = what in chosen; input.closest("label").hidden = !input.required; });
});

/* The panel. A line of a condition is a column, a comparison and a value; what values there are, the server said. */
/** @returns {HTMLDialogElement | null} */
const panel = () => document.querySelector("dialog#setup");
const described = () => JSON.parse(panel().dataset.panel);

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
const optionsOf = (pairs, chosen) => pairs.map(([value, words]) => new Option(words, value, false, value === chosen));

function valueOf(column, how, { value = "", text = "" }, periods) {
  const chosen = value && [[value, text || value]];
  const choice = (pairs) => made("select", { className: "form-control" }, ...optionsOf([["", ""], ...pairs, ...(pairs.some(([known]) => known === value) ? [] : chosen || [])], value));
  if (how === "empty" || how === "filled") return made("span");
  if (column.lookup && how !== "has") {
    const select = made("select", { className: "form-control" }, ...optionsOf([["", ""], ...(chosen || [])], value));
    select.dataset.lookup = column.lookup;
    return select;
  }
  if (column.options.length) return choice(column.options);
  if (column.kind === "date") {
    const isDay = !value || /^\d{4}-\d\d-\d\d$/.test(value);
    return isDay && ["ge", "le"].includes(how) ? made("input", { type: "date", className: "form-control", value }) : choice(periods);
  }
  return made("input", { type: "text", className: "form-control", value, inputMode: column.kind === "number" ? "decimal" : "text" });
}

function fill(line, condition) {
  const { columns, periods } = described();
  const column = columns[condition.column];
  const hows = column.hows.some(([how]) => how === condition.how) || !condition.how ? column.hows : [...column.hows, [condition.how, condition.word]];
  const how = condition.how || hows[0][0];
  const words = panel().dataset;
  const parts = [
    made("select", { className: "form-control", ariaLabel: words.textColumn }, ...optionsOf(Object.entries(columns).map(([name, each]) => [name, each.label]), condition.column)),
    made("select", { className: "form-control", ariaLabel: words.textHow }, ...optionsOf(hows, how)),
    valueOf(column, how, condition, periods),
  ];
  parts.forEach((part, place) => { part.dataset.part = ["column", "how", "value"][place]; });
  parts[2].ariaLabel = words.textValue;
  const remove = made("button", { type: "button", className: "close", ariaLabel: words.textRemove, textContent: "×" });
  remove.dataset.whereRemove = "";
  line.replaceChildren(...parts, remove);
  enhance(line);
}
const part = (line, name) => /** @type {HTMLInputElement} */ (line.querySelector(`select[data-part=${name}], input[data-part=${name}]`));

function addLine(condition) {
  const line = document.createElement("li");
  panel().querySelector(".wheres").append(line);
  fill(line, condition);
  return line;
}

function showConditions() {
  if (panel()) described().conditions.forEach(addLine);
}

/* Values of one column that are to be equal are alternatives: one condition. */
function conditions() {
  const found = new Map();
  for (const line of panel().querySelectorAll(".wheres li")) {
    const [column, how, value] = ["column", "how", "value"].map((name) => part(line, name)?.value ?? "");
    const bare = how === "empty" || how === "filled";
    if (!bare && !value.trim()) continue;
    const key = ["in", "not"].includes(how) ? `${column}:${how}` : `${column}:${how}:${found.size}`;
    const known = found.get(key) || { column, how, values: [] };
    if (!bare) known.values.push(encodeURIComponent(value.trim()));
    found.set(key, known);
  }
  return [...found.values()].map(({ column, how, values }) => [column, how, ...(values.length ? [values.join(",")] : [])].join(":")).join(";");
}

on("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  if (at("[data-setup]")) panel().showModal();
  if (at("[data-setup-close]")) panel().close();
  if (at("[data-where-remove]")) { const line = at("li"); (line.nextElementSibling || line.closest("fieldset")).querySelector("select, button").focus(); line.remove(); }
  if (at("[data-where-add]")) part(addLine({ column: Object.keys(described().columns)[0] }), "column").focus();
  if (at("[data-usual-setup]")) {
    panel().querySelectorAll("[name=columns]").forEach((box) => { box.checked = "usual" in box.dataset; });
    panel().querySelectorAll("[name=group]").forEach((box) => { box.checked = false; });
    panel().querySelectorAll(".wheres li").forEach((line) => line.remove());
    panel().querySelectorAll("[name=detail], [name=sort]").forEach((select) => { select.value = ""; });
  }
});
on("change", ({ target }) => {
  const line = target.closest(".wheres li");
  if (!line) return;
  if (target.dataset.part === "column") { fill(line, { column: target.value }); part(line, "column").focus(); }
  if (target.dataset.part === "how") { fill(line, { column: part(line, "column").value, how: target.value }); part(line, "how").focus(); }
});

/* The usual ones ticked in their order are the same as nothing said: the address stays short. */
on("formdata", (event) => {
  if (!event.target.matches("form[data-report]")) return;
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (event.target.querySelectorAll("[data-several]"))) {
    const ticked = [...list.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value).join(",");
    event.formData.delete(list.dataset.several);
    if (ticked && ticked !== list.dataset.usual) event.formData.append(list.dataset.several, ticked);
  }
  if (!panel()) return;
  const boxes = [...panel().querySelectorAll("[name=columns]")];
  const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
  const usual = ticked.join(",") === panel().dataset.usualColumns;
  const groups = [...panel().querySelectorAll("[name=group]:checked")].map((box) => {
    const unit = box.closest("li").querySelector("[data-unit]");
    return unit ? `${box.value}.${unit.value}` : box.value;
  });
  for (const [name, value] of Object.entries({ columns: usual ? "" : ticked.join(","), group: groups.join(","), where: conditions() })) {
    event.formData.delete(name);
    if (value) event.formData.append(name, value);
  }
});

/* Heads of groups fold what is under them; what was folded inside stays so. */
function showFolds(table) {
  let closed = Infinity;
  for (const row of table.tBodies[0].rows) {
    const depth = Number(row.dataset.depth ?? Infinity);
    if (depth <= closed) closed = Infinity;
    row.hidden = closed < Infinity;
    if (!row.hidden && row.querySelector("[data-fold][aria-expanded=false]")) closed = depth;
  }
}
on("click", ({ target }) => {
  const button = target.closest("[data-fold]");
  if (!button) return;
  button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
  showFolds(button.closest("table"));
});
document.addEventListener("swapped", showConditions);
showConditions();
