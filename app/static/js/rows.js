// @ts-check
/* Rows inside a form: a spare one is always ready, Enter goes on to the next cell, Ctrl+Delete removes a row. */
import { on } from "./page.js";

const CELLS = ":is(input:not([type=hidden]), select)";
const filled = (row) => [...row.querySelectorAll("input:not([type=hidden])")].some((cell) => cell.value.trim());

function keepSpare(box) {
  const body = box.querySelector("tbody");
  if (body.lastElementChild && !filled(body.lastElementChild)) return;
  body.insertAdjacentHTML("beforeend", box.querySelector("template").innerHTML.replaceAll("__i__", box.dataset.next++));
}

on("input", ({ target }) => {
  const box = target.closest(".rows-box");
  if (box) keepSpare(box);
});
on("keydown", (event) => {
  const row = event.target.closest?.(".rows-box tbody tr");
  if (!row || event.defaultPrevented || !event.target.matches(CELLS)) return;
  if (event.key === "Enter" && !event.ctrlKey) {
    event.preventDefault();
    const all = [...row.closest("tbody").querySelectorAll(CELLS)];
    const next = /** @type {HTMLElement | undefined} */ (all[all.indexOf(event.target) + 1]);
    next?.focus();
  } else if (event.key === "Delete" && event.ctrlKey) {
    event.preventDefault();
    const beside = row.nextElementSibling ?? row.previousElementSibling;
    row.querySelector("[data-del-line]").click();
    /** @type {HTMLElement | null} */ (beside?.querySelector(CELLS))?.focus();
  }
});
document.querySelectorAll(".rows-box").forEach((box) => {
  new MutationObserver(() => keepSpare(box)).observe(box.querySelector("tbody"), { childList: true });
});
