// @ts-check
/* What stays of a payment while its parts are typed. */
const form = document.querySelector("[data-allocate]");
const kopecks = (typed) => Math.round(Number(typed.replace(/\s/g, "").replace(",", ".")) * 100) || 0;
const shown = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 2 });
const advance = form?.querySelector("[data-advance]");
form?.addEventListener("input", () => {
  let left = kopecks(form.dataset.allocate);
  form.querySelectorAll("[data-share]").forEach((box) => { left -= kopecks(box.value); });
  advance.textContent = shown.format(left / 100);
  advance.classList.toggle("late", left * kopecks(form.dataset.allocate) < 0);
});
