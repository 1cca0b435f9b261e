// @ts-check
/* Lists: rows ticked for what is done with many, the order and the widths of columns. */
import { on } from "./page.js";

const KEYS = 16; // pixels of one press of an arrow

/** The form that keeps columns; the first of its inputs is that of the first column. */
const columnsForm = () => /** @type {HTMLFormElement | null} */ (document.getElementById("columns"));

on("click", (event) => {
  const up = event.target.closest("[data-up]");
  const line = up?.closest("li");
  if (!line?.previousElementSibling) return;
  line.previousElementSibling.before(line);
  up.focus();
});

const SORTED = "#columns li, .pick li";
let dragged = null;
on("dragstart", (event) => { dragged = event.target.closest?.(SORTED); });
on("dragover", (event) => {
  const line = event.target.closest?.(SORTED);
  if (!dragged || !line || line === dragged || line.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const { top, height } = line.getBoundingClientRect();
  if (event.clientY < top + height / 2) line.before(dragged); else line.after(dragged);
});
on("dragend", () => { dragged = null; });

/* Widths: the edge of a heading is dragged, or moved by arrows; what came of it is kept at once. */
function keepWidth(heading, width) {
  const form = columnsForm();
  const box = [...form.querySelectorAll("[name=column]")].find((each) => each.value.split(":")[0] === heading.dataset.column);
  box.value = `${heading.dataset.column}:${width}`;
  const address = new URL(location.href);
  fetch(form.action, { method: "POST", body: new FormData(form) }).then((answer) => {
    const kept = new URL(answer.url).searchParams;
    for (const [name, text] of kept) if (name.startsWith("_col_")) address.searchParams.set(name, text);
    history.replaceState(null, "", address);
  });
}
function setWidth(heading, width) {
  heading.style.width = heading.style.minWidth = heading.style.maxWidth = `${width}px`;
  heading.querySelector(".edge")?.setAttribute("aria-valuenow", width);
}
const bounded = (width) => Math.round(Math.min(Math.max(width, 40), 900));

let sizing = null;
on("pointerdown", (event) => {
  const edge = event.target.closest?.(".list .edge");
  if (!edge) return;
  event.preventDefault();
  const heading = edge.closest("th");
  sizing = { heading, from: event.clientX, width: heading.offsetWidth };
  edge.setPointerCapture(event.pointerId);
});
on("pointermove", (event) => {
  if (sizing) setWidth(sizing.heading, bounded(sizing.width + event.clientX - sizing.from));
});
on("pointerup", () => {
  if (!sizing) return;
  const { heading, width } = sizing;
  sizing = null;
  if (heading.offsetWidth !== width) keepWidth(heading, bounded(heading.offsetWidth));
});
on("keydown", (event) => {
  const edge = event.target.closest?.(".list .edge");
  const step = { ArrowLeft: -KEYS, ArrowRight: KEYS }[event.key];
  if (!edge || !step) return;
  event.preventDefault();
  const heading = edge.closest("th");
  const width = bounded(heading.offsetWidth + step);
  setWidth(heading, width);
  keepWidth(heading, width);
});

function fitColumns() {
  document.querySelectorAll(".list .edge").forEach((edge) => edge.setAttribute("aria-valuenow", String(edge.parentElement.offsetWidth)));
  document.querySelectorAll(".list th[data-width]").forEach((heading) => setWidth(heading, Number(/** @type {HTMLElement} */ (heading).dataset.width)));
}
document.addEventListener("swapped", fitColumns);
fitColumns();

/* Rows ticked one by one, or with Shift from the last one to this. */
/** @type {HTMLInputElement | null} */
let last = null;
/** @param {Element} table @returns {HTMLInputElement[]} */
const boxes = (table) => [...table.querySelectorAll("tbody .tick input")];

function showPicked(form) {
  const every = /** @type {HTMLInputElement | null} */ (document.querySelector(`[name=every][data-form="${form}"]`));
  const ticks = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(`[name=rowid][data-form="${form}"]`));
  const count = [...ticks].filter((tick) => tick.checked).length;
  ticks.forEach((tick) => tick.closest("tr").classList.toggle("ticked", tick.checked));
  if (!count && every) every.checked = false;
  const bar = ticks[0]?.closest("#list, section, main").querySelector(".picked");
  if (!bar) return;
  bar.hidden = !count;
  bar.querySelector("b").textContent = every?.checked ? "" : String(count);
  bar.querySelectorAll("button").forEach((button) => { button.disabled = !count; });
}
on("change", (event) => {
  const { target } = event;
  if (target.matches(".list thead .tick input")) boxes(target.closest("table")).forEach((tick) => { tick.checked = target.checked; });
  if (target.dataset.form) showPicked(target.dataset.form);
  if (target.matches("select[data-submits]")) target.form.requestSubmit();
});
on("click", (event) => {
  if (!event.target.matches(".list tbody .tick input")) return;
  const all = boxes(event.target.closest("table"));
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((tick) => { tick.checked = event.target.checked; });
  }
  last = event.target;
});

/* Left and right walk from the name of a row over its cells that may be changed. */
on("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const from = event.target.matches?.(".list .lead-link, .list td[data-fact]") ? event.target : null;
  if (!by || !from) return;
  const places = /** @type {HTMLElement[]} */ ([...from.closest("tr").querySelectorAll(".lead-link, td[data-fact]")]);
  const next = places[places.indexOf(from) + by];
  if (next) { event.preventDefault(); next.focus(); }
});
