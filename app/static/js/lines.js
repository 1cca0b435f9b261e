// @ts-check
/* Rows of a document as in a spreadsheet: Enter and arrows move, a new row is always ready, sums are counted at once,
   rows copied from a spreadsheet are pasted as rows. */
import { enhance } from "./lookup.js";
import { on, text, toast } from "./page.js";

const CELLS = "[data-cell]:is(input, select), .lookup input";
const money = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const number = (typed) => {
  const found = typed.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return /^-?\d*\.?\d+$|^-?\d+\.$/.test(found) ? Number(found) : NaN;
};
let lastKey = "";
let pasting = false;

const rows = (box) => [...box.querySelectorAll("tbody tr")];
const picked = (row) => row.querySelector("select[data-lookup]")?.value || row.querySelector("[name$=-item]")?.value;
const cells = (row) => [...row.querySelectorAll(CELLS)];
const value = (row, name) => row.querySelector(`input[data-cell=${name}]`)?.value.trim() ?? "";

/* Kopecks are whole numbers here, so that halves round as on the server. */
function amount(row) {
  const [quantity, price, discount] = ["quantity", "price", "discount"].map((name) => number(value(row, name) || "0"));
  const exact = Math.round(quantity * 1000) * Math.round(price * 1e5) * Math.round(100 * (100 - discount)) / 1e10;
  return Math.sign(exact) * Math.round(Math.abs(exact) + 1e-9) / 100;
}

/* What of the amount is VAT, which it includes. */
function vat(row, sum) {
  const percent = Number(row.querySelector("select[data-cell=vat]")?.selectedOptions[0]?.dataset.percent ?? 0);
  const kopecks = Math.round(Math.abs(sum) * 100) * percent / (100 + percent);
  return Math.sign(sum) * Math.round(kopecks + 1e-9);
}

function count(box) {
  let total = 0;
  let totalVat = 0;
  rows(box).forEach((row, place) => {
    row.querySelector("[data-cell=position]").textContent = place + 1;
    const sum = amount(row);
    const known = value(row, "quantity") && value(row, "price") && !Number.isNaN(sum);
    row.querySelector("[data-cell=amount]").value = known ? money.format(sum) : "";
    if (!known) return;
    total += Math.round(sum * 100);
    totalVat += vat(row, sum);
  });
  box.querySelector("[data-total-vat]").value = money.format(totalVat / 100);
  box.querySelector("[data-total]").value = money.format(total / 100);
}

function addRow(box) {
  const template = box.querySelector("template");
  if (!template) return null;
  const body = box.querySelector("tbody");
  body.insertAdjacentHTML("beforeend", template.innerHTML.replaceAll("__i__", box.dataset.next++));
  enhance(body.lastElementChild);
  count(box);
  return body.lastElementChild;
}

function keepSpare(box) {
  const last = rows(box).at(-1);
  if (!pasting && (!last || picked(last))) addRow(box);
}

function go(cell) {
  cell?.focus();
  cell?.select?.();
}

/* What is chosen for the row by itself (the rate of VAT) is passed over; Tab goes there. */
function onward(cell) {
  const box = cell.closest(".lines-box");
  const row = cell.closest("tr");
  const all = cells(row);
  const next = all.slice(all.indexOf(cell) + 1).find((other) => other.matches("input"));
  if (next) { go(next); return; }
  keepSpare(box);
  go(cells(row.nextElementSibling ?? row)[0]);
}

function sideways(cell, step) {
  const row = cell.closest("tr");
  const other = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  if (other) go(cells(other)[cells(row).indexOf(cell)]);
}

on("keydown", (event) => { lastKey = event.key; }, true);

on("keydown", (event) => {
  const cell = event.target.closest?.(".lines-box tbody :is(input, select)");
  if (!cell || event.defaultPrevented) return;
  if (event.key === "Enter" && !event.ctrlKey) {
    event.preventDefault();
    onward(cell);
  } else if (event.key === "Delete" && event.ctrlKey) {
    event.preventDefault();
    const row = cell.closest("tr");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.querySelector("[data-del-line]").click();
    if (next) go(cells(next)[0]);
  } else if (cell.matches("input") && !cell.closest(".lookup") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    sideways(cell, event.key === "ArrowDown" ? 1 : -1);
  }
});

on("input", (event) => {
  const box = event.target.closest(".lines-box");
  if (box && event.target.dataset.cell) count(box);
});

on("change", (event) => {
  const box = event.target.closest(".lines-box");
  if (!box || !event.target.matches("select[data-lookup], select[data-cell]")) return;
  count(box);
  if (event.target.matches("select[data-cell]")) return;
  if (!event.target.value) return;
  keepSpare(box);
  if (lastKey === "Enter") go(event.target.closest("tr").querySelector("input[data-cell=quantity]"));
});

/* The removed row may come back: sums are counted whenever the set of rows changes. */
document.querySelectorAll(".lines-box").forEach((box) => {
  new MutationObserver(() => { count(box); keepSpare(box); }).observe(box.querySelector("tbody"), { childList: true });
  count(box);
});

/* Rows from a spreadsheet: code or name, quantity, price, discount. */
on("paste", async (event) => {
  const box = event.target.closest?.(".lines-box[data-paste]");
  const copied = event.clipboardData.getData("text/plain");
  if (!box || !/[\t\n]/.test(copied.trim())) return;
  event.preventDefault();
  const form = box.closest("form");
  const answer = await fetch(box.dataset.paste, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrf_token]").value },
    body: JSON.stringify({ counterparty: form.querySelector("[name=counterparty]")?.value || "", date: form.querySelector("[name=date]")?.value || "", rows: copied.trimEnd().split(/\r?\n/).map((row) => row.split("\t")) }),
  });
  if (!answer.ok) { toast(text("Failed"), { kind: "danger" }); return; }
  const { rows: found, unknown } = await answer.json();
  const spare = rows(box).at(-1);
  pasting = true;
  if (spare && !picked(spare)) spare.remove();
  found.forEach((line) => {
    const row = addRow(box);
    const select = row.querySelector("select[data-lookup]");
    select.dispatchEvent(new CustomEvent("pick", { detail: line.item }));
    ["quantity", "price", "discount"].forEach((name) => {
      const cell = row.querySelector(`input[data-cell=${name}]`);
      if (cell) cell.value = line[name];
    });
    count(box);
  });
  pasting = false;
  keepSpare(box);
  if (unknown.length) toast(`${box.dataset.textUnknown} ${unknown.join(", ")}`, { kind: "danger" });
});

/* What is known of the chosen client: addresses to deliver to, and his debt. */
const note = document.querySelector("[data-client]");
const chosen = document.querySelector("[data-guard] [name=counterparty]");
async function client() {
  const answer = chosen.value ? await fetch(`${note.dataset.client}${chosen.value}`) : null;
  const known = answer?.ok ? await answer.json() : { addresses: [], lines: [] };
  document.getElementById("addresses").replaceChildren(...known.addresses.map((address) => new Option(address, address)));
  note.replaceChildren(...known.lines.map((line) => Object.assign(document.createElement("p"), { textContent: line.text, className: line.kind })));
  note.hidden = !known.lines.length;
}
if (note && chosen) {
  chosen.addEventListener("change", client);
  client();
}
