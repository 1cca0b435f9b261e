/* <form data-swap="#list"> and <a data-swap="#list"> replace one element by the same element of the answer. */
(() => {
  let stop = null;
  let shown = location.pathname + location.search;

  async function swap(url, selector) {
    const target = document.querySelector(selector);
    const bar = Object.assign(document.createElement("div"), { className: "wait" });
    stop?.abort();
    stop = new AbortController();
    target.setAttribute("aria-busy", "true");
    document.body.append(bar);
    try {
      const answer = await fetch(url, { signal: stop.signal });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(selector);
      // Logged out meanwhile, or an error page: show what the server says, whole.
      if (!fresh) { location.assign(url); return; }
      const inside = target.contains(document.activeElement);
      target.replaceWith(fresh);
      window.enhance(fresh);
      history.pushState(null, "", url);
      shown = location.pathname + location.search;
      if (inside) { fresh.tabIndex = -1; fresh.focus({ preventScroll: true }); }
      if (fresh.getBoundingClientRect().top < 0) scrollTo({ top: 0 });
      document.dispatchEvent(new CustomEvent("swapped", { detail: fresh }));
    } catch (error) {
      if (error.name === "AbortError") return;
      target.removeAttribute("aria-busy");
      toast(text("Failed"), { kind: "danger" });
    } finally {
      bar.remove();
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.swap) return;
    event.preventDefault();
    const asked = [...new FormData(form)].filter(([, value]) => value !== "");
    form.classList.toggle("active", asked.length > 0);
    swap(`${form.action.split("?")[0]}?${new URLSearchParams(asked)}`, form.dataset.swap);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    swap(link.href, link.dataset.swap);
  });
  addEventListener("popstate", () => {
    if (location.pathname + location.search !== shown) location.reload();
  });
})();
