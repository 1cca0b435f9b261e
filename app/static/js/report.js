// @ts-check
/* Choices of a report: days that are none of the offered periods, and columns. */
import { on } from "./page.js";

const days = (form) => Object.fromEntries([...form.querySelectorAll("[data-period-day]")].map((label) => [label.dataset.periodDay, label]));

on("change", (event) => {
  const form = event.target.closest("form[data-report]");
  const select = /** @type {HTMLSelectElement} */ (form?.querySelector("select[data-period]"));
  if (!select) return;
  const { first, last } = days(form);
  const inputs = [first, last].map((label) => label.querySelector("input"));
  const other = select.querySelector("[data-days]");
  if (event.target.matches("[data-period]")) {
    first.hidden = last.hidden = !select.selectedOptions[0].hasAttribute("data-days");
  }
  if (inputs.includes(event.target) && inputs.every((input) => input.value)) {
    other.value = inputs.map((input) => input.value).join("..");
  }
});

/* The usual columns ticked are the same as nothing said: the address stays short. */
on("formdata", (event) => {
  if (!event.target.matches("form[data-report]")) return;
  const boxes = [...event.target.querySelectorAll("[name=columns]")];
  const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
  const usual = boxes.every((box) => box.checked === ("usual" in box.dataset));
  event.formData.delete("columns");
  if (ticked.length && !usual) event.formData.append("columns", ticked.join(","));
});

on("click", (event) => {
  /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.setup[open]")).forEach((details) => {
    if (!details.contains(event.target)) details.open = false;
  });
});
