// @ts-check
/* The form of a contact: its two faces, times by one press, and what is known of the client beside it. */
import { on, text } from "./page.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-faces]"));
const field = (name) => /** @type {HTMLInputElement} */ (form.querySelector(`[name="${name}"]`));
let stop = null;

/* Times that nobody has touched follow the switch. */
on("change", ({ target }) => {
  if (target.name !== "state" || target.form !== form || !target.dataset.starts) return;
  const others = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[name=state][data-starts]")]).filter((one) => one !== target);
  if (!others.some((one) => one.dataset.starts === field("starts_at").value)) return;
  field("starts_at").value = target.dataset.starts;
  field("ends_at").value = target.dataset.ends;
});

on("click", ({ target }) => {
  const chip = target.closest("[data-at]");
  if (!chip || !form.contains(chip)) return;
  const starts = field("starts_at");
  starts.focus();
  starts.value = chip.dataset.at;
  starts.dispatchEvent(new Event("change", { bubbles: true }));
});

async function tell() {
  const place = document.getElementById("beside");
  const client = field("counterparty").value;
  stop?.abort();
  if (!client) { place.replaceChildren(); return; }
  stop = new AbortController();
  try {
    const answer = await fetch(form.dataset.beside.replace("/0", `/${client}`), { signal: stop.signal });
    const known = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".beside");
    if (answer.ok && known) place.replaceChildren(known); else place.replaceChildren();
  } catch (error) {
    if (error.name !== "AbortError") place.textContent = text("Failed");
  }
}

on("change", ({ target }) => { if (target.name === "counterparty" && target.form === form) tell(); });
tell();
