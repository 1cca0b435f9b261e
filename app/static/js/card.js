// @ts-check
/* Facts of a card and safe cells of a list are changed where they stand: double click, the pencil or Enter opens one, Esc leaves it, Enter keeps it. */
import { enhance } from "./lookup.js";
import { on, text, toast } from "./page.js";
import { swap } from "./swap.js";

/** @type {{ row: Element, shown: string } | null} */
let open = null;

/** @param {Element} row */
const placeOf = (row) => row.matches("td") ? row : row.querySelector("dd");
/** @param {Element | null} row */
const stand = (row) => /** @type {HTMLElement | null} */ (row?.matches("td") ? row : row?.querySelector(".pen"))?.focus();

function leave() {
  if (!open) return;
  const { row, shown } = open;
  open = null;
  row.classList.remove("changing");
  placeOf(row).innerHTML = shown;
  stand(row);
}

function put(html) {
  const place = placeOf(open.row);
  place.innerHTML = html;
  open.row.classList.add("changing");
  enhance(place);
  /** @type {HTMLElement | null} */ (place.querySelector(":is(input, select, textarea):not([type=hidden], [hidden])"))?.focus();
}

async function edit(row) {
  if (open?.row === row) return;
  leave();
  open = { row, shown: placeOf(row).innerHTML };
  try {
    const answer = await fetch(row.dataset.fact);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    put(await answer.text());
  } catch {
    open = null;
    toast(text("Failed"), { kind: "danger" });
  }
}

async function keep(form) {
  const fact = open.row.getAttribute("data-fact");
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (answer.status === 204) {
      open = null;
      await swap(location.href, document.querySelector("#card") ? "#card" : "#list", { stay: true });
      stand(document.querySelector(`[data-fact="${fact}"]`));
    } else if (answer.status === 422) put(await answer.text());
    else throw new Error(String(answer.status));
  } catch {
    form.removeAttribute("aria-busy");
    toast(text("Failed"), { kind: "danger" });
  }
}

on("dblclick", ({ target }) => {
  const row = target.closest("[data-fact]");
  if (row && !target.closest("a, form")) edit(row);
});
on("click", ({ target }) => {
  if (target.closest(".pen")) edit(target.closest("[data-fact]"));
  if (target.closest("[data-leave]")) leave();
});
on("submit", (event) => {
  const form = event.target.closest("form.in-place");
  if (!form) return;
  event.preventDefault();
  keep(form);
}, true);
on("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("td[data-fact]")) { event.preventDefault(); edit(event.target); return; }
  const form = event.target.closest?.("form.in-place");
  if (!form || event.defaultPrevented) return;
  if (event.key === "Escape") { event.preventDefault(); leave(); }
  if (event.key === "Enter" && (event.ctrlKey || event.target.matches("select"))) { event.preventDefault(); /** @type {any} */ (form).requestSubmit(); }
});
