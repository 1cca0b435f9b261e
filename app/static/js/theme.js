// @ts-check
/* Loaded before the page is painted, so that the wrong theme never flashes. */
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* a browser that keeps nothing: as in the system */ }
