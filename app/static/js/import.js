// @ts-check
/* Import of tables: the name of the dropped file; what is chosen for ticked rows; a progress bar that asks the server, and a new page when the work has ended. */
document.querySelectorAll("[data-drop]").forEach((zone) => {
  const input = zone.querySelector("input");
  const name = zone.querySelector("[data-name]");
  const empty = name.textContent;
  input.addEventListener("change", () => { name.textContent = input.files[0] ? input.files[0].name : empty; });
  // The input covers the zone and takes the file by itself; only the look changes here.
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, () => zone.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
});

// What is pressed is chosen in the ticked rows, where it is possible.
document.querySelectorAll("[data-verdict]").forEach((button) => button.addEventListener("click", () => {
  document.querySelectorAll("[data-tick]:checked").forEach((tick) => {
    const choice = /** @type {HTMLSelectElement} */ (tick.closest("tr").querySelector("select"));
    if ([...choice.options].some((option) => option.value === button.dataset.verdict)) choice.value = button.dataset.verdict;
    tick.checked = false;
  });
}));

document.querySelectorAll("[data-job]").forEach((card) => {
  const bar = card.querySelector("progress");
  async function look() {
    let pause = 700;
    try {
      const answer = await fetch(card.dataset.job, { headers: { Accept: "application/json" } });
      const job = answer.ok ? await answer.json() : null;
      if (!job || !job.running) return location.reload();
      if (job.total) { bar.max = job.total; bar.value = job.progress; }
    } catch {
      pause = 5000;  // the server is away: later
    }
    setTimeout(look, pause);
  }
  look();
});
