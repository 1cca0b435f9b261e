// @ts-check
/* <div data-making="/work/5/json" data-stop="/work/5/stop">: a worker makes the report; it comes in the place of this.
   Whoever leaves, or asks for something else, does not wait for it any more. */
import { swap } from "./swap.js";

const BUSY = 2500;  // milliseconds that no worker takes it: the server is asked to make it itself, once
let making = null;

function leave() {
  if (!making) return;
  const body = new FormData();
  body.set("csrf_token", /** @type {HTMLInputElement} */ (document.querySelector("#post [name=csrf_token]")).value);
  navigator.sendBeacon(making.dataset.stop, body);
  making = null;
}

async function look(card, since) {
  let pause = 400;
  try {
    const answer = await fetch(card.dataset.making, { headers: { Accept: "application/json" } });
    const job = answer.ok ? await answer.json() : null;
    if (card !== making) return;
    const passed = Date.now() - since;
    const nobodyTakesIt = job?.state === "queued" && passed > BUSY && !("tried" in card.dataset);
    if (!job?.running) making = null;
    if (!making || nobodyTakesIt) { swap(location.href, "#report", { stay: true }); return; }
    const bar = card.querySelector("progress"), seconds = Number(card.dataset.seconds);
    if (seconds) { bar.max = seconds; bar.value = Math.min(passed / 1000, 0.95 * seconds); }
  } catch {
    pause = 5000;  // the server is away: later
  }
  setTimeout(() => { if (card === making) look(card, since); }, pause);
}

function begin() {
  const card = /** @type {HTMLElement} */ (document.querySelector("#report [data-making]"));
  if (card === making) return;
  if (making && making.dataset.making !== card?.dataset.making) leave();
  making = card;
  if (card) look(card, Date.now());
}
document.addEventListener("swapped", begin);
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => { if (event.persisted) begin(); });
begin();
