// @ts-check
/* <section id="board" data-fresh="/where/" data-every="120">: keeps itself as the page there has it; at once with data-late.
   Nobody is disturbed: a hidden tab asks nothing, what is read with the keyboard stays. */
const parts = () => /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-fresh]"));
const asked = new WeakMap();

async function renew(part) {
  asked.set(part, Date.now());
  try {
    const answer = await fetch(part.dataset.fresh, { redirect: "error" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (!answer.ok || !fresh || !part.isConnected || part.contains(document.activeElement)) return;
    if (fresh.querySelector("[data-making]")) { asked.delete(part); return; }  // a worker counts them: the next look finds them
    const { scrollX, scrollY } = window;
    part.replaceChildren(...fresh.childNodes);
    document.dispatchEvent(new CustomEvent("swapped", { detail: part }));
    scrollTo(scrollX, scrollY);
  } catch { /* the next look may find the server again */ }
}

function look() {
  if (document.hidden) return;
  for (const part of parts()) {
    const since = asked.get(part) ?? ("late" in part.dataset ? 0 : performance.timeOrigin);
    if (Date.now() - since >= Number(part.dataset.every) * 1000) renew(part);
  }
}
document.addEventListener("visibilitychange", look);
setInterval(look, 5000);
look();
