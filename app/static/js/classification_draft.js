// @ts-check
/* A row of a draft is saved as soon as its class is chosen; the totals follow. */
import { on, text, toast } from "./page.js";

const ARROWS = { 1: "▲", "-1": "▼", 0: "–" };

async function save(select, verdict) {
  const { correct, token } = select.closest("[data-correct]").dataset;
  const body = new URLSearchParams({ csrf_token: token, buyer: select.dataset.buyer, verdict });
  const answer = await fetch(correct, { method: "POST", body, headers: { Accept: "application/json" } });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.message);
  const row = select.closest("tr");
  const way = row.querySelector("[data-way]");
  document.getElementById("totals").innerHTML = told.totals;
  row.classList.toggle("chosen", told.corrected);
  way.className = `arrow-${told.way}`;
  way.textContent = ARROWS[told.way];
}

on("focusin", ({ target }) => {
  if (target.matches("select[data-buyer]")) target.dataset.was = target.value;
});
on("change", async ({ target }) => {
  if (!target.matches("select[data-buyer]")) return;
  const was = target.dataset.was;
  try {
    await save(target, target.value);
    target.dataset.was = target.value;
  } catch (error) {
    if (was !== undefined) target.value = was;
    toast(error.message || text("Failed"), { kind: "danger" });
  }
});
