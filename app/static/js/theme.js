/* Loaded before the page is painted, so that the wrong theme never flashes. */
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  window.setTheme = (theme) => {
    try { localStorage.setItem("theme", theme); } catch { /* a browser that keeps nothing: until the next page */ }
    apply(theme);
  };
  const apply = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    document.dispatchEvent(new CustomEvent("themechange"));
  };
  apply(kept());
})();
