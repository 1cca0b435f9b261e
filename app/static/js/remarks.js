// @ts-check
/* What is worth knowing of what is being typed: asked for when a watched field is left, shown under the field.
   <form data-remarks="address">, <input data-watched>. */
import { on, text } from "./page.js";

/** @type {WeakMap<HTMLFormElement, AbortController>} */
const asking = new WeakMap();

function show(form, remarks) {
  form.querySelectorAll(".remark").forEach((old) => old.remove());
  remarks.forEach(({ field, text: words, url }) => {
    const box = form.querySelector(`[name="${field}"]`)?.closest(".f");
    if (!box) return;
    const told = Object.assign(document.createElement("small"), { className: "remark", textContent: words });
    told.setAttribute("role", "status");
    if (url) {
      // In another tab: what is typed stays.
      const link = Object.assign(document.createElement("a"), { href: url, target: "_blank", rel: "noopener", textContent: text("Open") });
      told.append(" — ", link);
    }
    box.append(told);
  });
}

on("change", async ({ target }) => {
  const form = target.form;
  if (!form?.dataset.remarks || !target.matches("[data-watched]")) return;
  const address = new URL(form.dataset.remarks, location.href);
  form.querySelectorAll("[data-watched]").forEach((field) => {
    const { name, value } = /** @type {HTMLInputElement} */ (field);
    address.searchParams.set(name, value);
  });
  asking.get(form)?.abort();
  const stop = new AbortController();
  asking.set(form, stop);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: stop.signal });
    if (answer.ok) show(form, (await answer.json()).remarks);
  } catch { /* saving says the same */ }
});
