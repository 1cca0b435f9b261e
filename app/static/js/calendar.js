// @ts-check
/* The panel beside the list of the calendar: a row opens it, arrows go on with it, Esc closes it. */
import { on, text, toast } from "./page.js";
import { swap } from "./swap.js";

const panel = () => document.getElementById("panel");
let stop = null;

async function show(row) {
  stop?.abort();
  stop = new AbortController();
  document.querySelector("tr.chosen")?.classList.remove("chosen");
  row.classList.add("chosen");
  try {
    const answer = await fetch(row.dataset.panel, { signal: stop.signal });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("beside");
    if (!fresh) { location.assign(row.dataset.panel); return; }
    panel().replaceChildren(fresh);
    panel().hidden = false;
    panel().scrollTop = 0;
  } catch (error) {
    if (error.name !== "AbortError") toast(text("Failed"), { kind: "danger" });
  }
}

function close() {
  const row = document.querySelector("tr.chosen");
  stop?.abort();
  panel().hidden = true;
  panel().replaceChildren();
  row?.classList.remove("chosen");
  /** @type {HTMLElement} */ (row?.querySelector(".lead-link"))?.focus({ preventScroll: true });
}

on("click", (event) => {
  if (event.target.closest("[data-panel-close]")) { close(); return; }
  const row = event.target.closest("tr[data-panel]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey || String(getSelection())) return;
  if (event.target.closest("a:not(.lead-link), button, input")) return;
  event.preventDefault();
  row.querySelector(".lead-link").focus({ preventScroll: true });
  show(row);
});

on("focusin", ({ target }) => {
  const row = target.closest("tr[data-panel]");
  if (row && panel() && !panel().hidden && !row.classList.contains("chosen")) show(row);
});

on("keydown", (event) => {
  if (event.key !== "Escape" || !panel() || panel().hidden || document.querySelector("dialog[open], details.pop[open]")) return;
  event.preventDefault();
  close();
});

/* The list was read anew: what stands beside it goes on if its row is still there. */
let open = "";
on(/** @type {any} */ ("verb-done"), () => { open = /** @type {HTMLElement} */ (document.querySelector("tr.chosen"))?.dataset.event ?? ""; });
on(/** @type {any} */ ("swapped"), () => {
  const row = open && document.querySelector(`tr[data-event="${open}"]`);
  open = "";
  if (row) show(row);
  else if (panel() && !document.querySelector("tr.chosen")) { panel().hidden = true; panel().replaceChildren(); }
});
/* Done in another tab: it is gone here too. */
on(/** @type {any} */ ("done-elsewhere"), () => { if (document.getElementById("page-list")) swap(location.href, "#page-list", { keep: true }); });
