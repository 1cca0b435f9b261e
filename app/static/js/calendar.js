// @ts-check
/* The panel beside the list of the calendar: a row opens it, arrows go on with it, Esc closes it. */
import { openBox } from "./box.js";
import { stood } from "./keys.js";
import { fitTables, on, post, text, toast } from "./page.js";
import { swap } from "./swap.js";

const OPENS = 8; // the hours that a grid shows in any case
const CLOSES = 20;
const panel = () => document.getElementById("panel");
let stop = null;
let tab = ""; // the part that was looked at last: the next row opens at it too

/** Without content it is hidden. */
function setPanel(...content) {
  panel().replaceChildren(...content);
  panel().hidden = !content.length;
  fitTables();
}

async function show(row) {
  stop?.abort();
  stop = new AbortController();
  document.querySelector(".chosen[data-panel]")?.classList.remove("chosen");
  row.classList.add("chosen");
  const address = new URL(row.dataset.panel || row.querySelector(".lead-link").href, location.href);
  if (tab) address.searchParams.set("tab", tab);
  try {
    const answer = await fetch(address, { signal: stop.signal });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("beside");
    if (!fresh) { location.assign(address); return; }
    const inside = panel().contains(document.activeElement);
    setPanel(fresh);
    panel().scrollTop = 0;
    if (inside) /** @type {HTMLElement} */ (fresh.querySelector(".parts [aria-current]")).focus();
  } catch (error) {
    if (error.name !== "AbortError") toast(text("Failed"), { kind: "danger" });
  }
}

function close() {
  const row = document.querySelector(".chosen[data-panel]");
  stop?.abort();
  setPanel();
  row?.classList.remove("chosen");
  /** @type {HTMLElement} */ (row?.querySelector(".lead-link") ?? row)?.focus({ preventScroll: true });
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

/** Typed, asked of a dialog, or held with another key: no key of the page. */
const isHeld = (event) => event.shiftKey || event.ctrlKey || event.altKey || event.metaKey
  || event.target.matches("input, select, textarea") || Boolean(document.querySelector("dialog[open]"));

/* Tabs of the panel; comma and full stop walk over them wherever one stands. */
on("click", (event) => {
  const asked = event.target.closest("[data-panel-tab]");
  const row = document.querySelector(".chosen[data-panel]");
  if (!asked || !row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  tab = asked.dataset.panelTab;
  show(row);
});
on("keydown", (event) => {
  const by = { Comma: -1, Period: 1 }[event.code];
  if (!by || isHeld(event)) return;
  const tabs = /** @type {HTMLElement[]} */ ([...panel()?.querySelectorAll("[data-panel-tab]") ?? []]);
  const at = tabs.findIndex((each) => each.hasAttribute("aria-current"));
  if (at < 0) return;
  event.preventDefault();
  tabs[(at + by + tabs.length) % tabs.length].click();
});

on("focusin", ({ target }) => {
  const row = target.closest("tr[data-panel]");
  if (row && panel() && !panel().hidden && !row.classList.contains("chosen")) show(row);
});

on("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !panel() || panel().hidden || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  close();
});

/* data-only="event=shipment": the list of this value alone, with Shift of all but it. The button follows the pointer and
   the focus from cell to cell; left and right walk from the name of a row over its cells, Enter asks. */
const only = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm only", tabIndex: -1 });
only.append(Object.assign(document.createElement("i"), { className: "fa fa-filter", ariaHidden: "true" }));

function askOnly(cell, but) {
  const [name, value] = cell.dataset.only.split("=");
  const address = new URL(cell.closest("table").dataset.asks, location.href);
  const turned = new Set(address.searchParams.get("but")?.split(","));
  if (but && name !== "span") turned.add(name); else turned.delete(name);
  address.searchParams.set(name, value);
  if (turned.size) address.searchParams.set("but", [...turned].join(",")); else address.searchParams.delete("but");
  swap(address.href, "#page-list");
}
function offerOnly({ target }) {
  const cell = target.closest?.("td[data-only]");
  if (!cell || only.parentElement === cell) return;
  only.title = cell.closest("table").dataset.textOnly;
  only.ariaLabel = only.title;
  cell.append(only);
}
on("mouseover", offerOnly);
on("focusin", offerOnly);
on("click", (event) => { if (event.target.closest(".only")) { event.stopPropagation(); askOnly(event.target.closest("td"), event.shiftKey); } }, true);
on("keydown", (event) => {
  const cell = event.target.matches?.("td[data-only]") ? event.target : null;
  if (cell && event.key === "Enter") { event.preventDefault(); askOnly(cell, event.shiftKey); return; }
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const from = cell ?? (event.target.matches?.(".events .lead-link") ? event.target : null);
  if (!by || !from || event.altKey) return;
  const places = /** @type {HTMLElement[]} */ ([...from.closest("tr").querySelectorAll(".lead-link, td[data-only]:not(.lead)")]);
  const next = places[places.indexOf(from) + by];
  if (!next) return;
  event.preventDefault();
  if (next.dataset.only) next.tabIndex = -1;
  next.focus();
});

/* The list was read anew: what stands beside it goes on if its row is still there. */
let open = "";
on(/** @type {any} */ ("verb-done"), () => { open = /** @type {HTMLElement} */ (document.querySelector("tr.chosen"))?.dataset.event ?? ""; });
on(/** @type {any} */ ("swapped"), () => {
  const row = open && document.querySelector(`tr[data-event="${open}"]`);
  open = "";
  if (row) show(row);
  else if (panel() && !document.querySelector("tr.chosen")) setPanel();
});
/* Done in another tab: it is gone here too. */
on(/** @type {any} */ ("done-elsewhere"), () => { if (calendar) calendar.refetchEvents(); else if (document.getElementById("page-list")) swap(location.href, "#page-list", { stay: true }); });

/* Day, week and month. Times are wall-clock texts both ways: the server reads them in the zone of the user. */
const place = document.getElementById("grid");
const two = (number) => String(number).padStart(2, "0");
const dayText = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const wall = (at) => `${dayText(at)}T${two(at.getHours())}:${two(at.getMinutes())}`;
let calendar = null;

async function events({ start, end }) {
  const address = new URL(place.dataset.events, location.href);
  address.searchParams.set("start", dayText(start));
  address.searchParams.set("end", dayText(end));
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  const found = await answer.json();
  showHours(found.filter((event) => !event.allDay && event.display !== "background"));
  return found;
}

/** The grid shows its usual hours, and whole hours beyond them where something is planned. */
function showHours(timed) {
  const hours = timed.flatMap(({ start, end }) => (start.slice(0, 10) === end.slice(0, 10)
    ? [Number(start.slice(11, 13)), Math.ceil(Number(end.slice(11, 13)) + Number(end.slice(14, 16)) / 60)]
    : [0, 24]));
  calendar.setOption("slotMinTime", { hours: Math.min(OPENS, ...hours) });
  calendar.setOption("slotMaxTime", { hours: Math.max(CLOSES, ...hours) });
}

/** Ask the server to change the event: `at` as it knows moments; what it refuses goes back to where it stood. */
async function change(address, event, at, back, lane = "") {
  const { version, box } = event.extendedProps;
  const body = new FormData();
  body.set("csrf_token", /** @type {HTMLInputElement} */ (document.querySelector("#post [name=csrf_token]")).value);
  body.set("version", version);
  body.set("at", at);
  body.set("lane", lane);
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (answer.ok) {
      toast(told.told, { kind: "success", url: told.url, undo: told.undo && (() => post(told.undo)), why: told.why && (() => openBox(told.why)) });
      document.getElementById("said").textContent = told.told;
      document.dispatchEvent(new CustomEvent("verb-done"));
    } else {
      back();
      if (told.field === "reason" && box) await openBox(box, told); else toast(told.message, { kind: "danger" });
    }
  } catch {
    back();
    toast(text("Failed"), { kind: "danger" });
  }
  calendar.refetchEvents();
}

function content({ event }) {
  if (event.display === "background") return "";
  const { time, spoken } = event.extendedProps;
  const said = document.createElement("span");
  said.dataset.id = event.id;
  said.title = [time, event.title].filter(Boolean).join(" ");
  if (time) said.append(Object.assign(document.createElement("b"), { textContent: time }), " ");
  said.append(event.title);
  if (spoken) said.append(Object.assign(document.createElement("span"), { className: "sr-only", textContent: `, ${spoken}` }));
  return { domNodes: [said] };
}

/* A cell of the month begins with what is most important, and ends with the rest of the day. */
function byWeight(one, other) {
  const weight = ({ extendedProps }) => extendedProps.weight ?? 0;
  return dayText(one.start).localeCompare(dayText(other.start)) || weight(one) - weight(other) || one.start - other.start;
}

function opened({ event, el }) {
  const { url, panel: address } = event.extendedProps;
  if (url) { location.assign(url); return; }
  el.dataset.panel = address;
  show(el);
}

/** Where a cell is a day, a contact keeps its hour. */
const kept = (event, at) => (event.allDay && event.extendedProps.hour ? `${dayText(at)}T${event.extendedProps.hour}` : wall(at));
const move = (event, at, back, lane = "") => change(event.extendedProps.move, event, kept(event, at), back, lane);

/** The day where the reader is: his clock may be set to another zone. Swedes write days as ISO does. */
const today = () => new Date(`${new Intl.DateTimeFormat("sv-SE", { timeZone: place.dataset.zone }).format(new Date())}T00:00`);

const HOURS = { ArrowLeft: -1440, ArrowRight: 1440, ArrowUp: -15, ArrowDown: 15 };
function pressed(event) {
  const chosen = calendar.getEventById(event.target.closest(".ec-event")?.querySelector("[data-id]")?.dataset.id);
  if (!chosen?.extendedProps.move) return;
  const { until, stretch } = chosen.extendedProps;
  const step = event.altKey ? HOURS[event.key] : 0;
  const at = new Date(chosen.start);
  if (step && event.shiftKey) {
    if (!stretch || Math.abs(step) > 60) return;
    const end = new Date(until);
    end.setMinutes(end.getMinutes() + step);
    change(stretch, chosen, wall(end), () => {});
  } else if (step) {
    if (chosen.allDay && Math.abs(step) < 60) return;
    at.setMinutes(at.getMinutes() + step);
    move(chosen, at, () => {});
  } else if (event.code === "KeyT" && !event.altKey && !event.ctrlKey && !event.metaKey) {
    const day = today();
    at.setFullYear(day.getFullYear(), day.getMonth(), day.getDate() + 1);
    move(chosen, at, () => {});
  } else return;
  event.preventDefault();
  event.stopPropagation();
  again = chosen.id;
}
/* After a key the grid is drawn anew: the focus comes back to the event that was moved. */
let again = stood;

/** How far the reader's zone is from Greenwich by now, as the grid reads it: "…+03:00". */
function offset() {
  const told = new Intl.DateTimeFormat("en", { timeZone: place.dataset.zone, timeZoneName: "longOffset" }).format(new Date());
  return /:\d\d$/.test(told) ? told : "UTC";
}

function draw() {
  const words = place.dataset;
  calendar = EventCalendar.create(place, {
    view: words.grid,
    date: words.on,
    timeZone: offset(), // its "today" and the line of now are the reader's; events are wall-clock texts in any case
    locale: document.documentElement.lang.replace(/^en$/, "en-GB"), // days before months, 24 hours: as everywhere here
    firstDay: 1,
    headerToolbar: { start: "title", center: "", end: "today prev,next" },
    buttonText: { today: words.textToday, prev: words.textPrev, next: words.textNext, close: words.textClose },
    allDayContent: words.textAllDay,
    resources: words.lanes ? JSON.parse(words.lanes) : [],
    views: {
      resourceTimelineWeek: { slotDuration: { days: 1 } },
      resourceTimelineDay: { slotWidth: 40 },
    },
    nowIndicator: true,
    slotMinTime: { hours: OPENS },
    slotMaxTime: { hours: CLOSES },
    scrollTime: { hours: OPENS },
    slotHeight: 34, // a quarter of an hour is as high as a line of text
    eventSources: [{ events }],
    eventContent: content,
    ...(words.grid === "dayGridMonth" && { eventOrder: byWeight }),
    eventClick: opened,
    eventDidMount: ({ el, event }) => { if (event.id === again) { again = ""; requestAnimationFrame(() => el.focus()); } }, // its place comes after it
    editable: true,
    eventDrop: ({ event, oldEvent, newResource, revert }) => {
      if (event.allDay !== oldEvent.allDay) { revert(); return; }
      if (newResource && !event.extendedProps.given) { revert(); toast(words.textLane); return; }
      move(event, event.start, revert, newResource?.id);
    },
    eventResize: ({ event, revert }) => change(event.extendedProps.stretch, event, wall(event.end), revert),
    selectable: Boolean(words.add),
    select: ({ start, end, allDay, resource }) => {
      const times = { _flt_0_starts_at: wall(start), _flt_0_ends_at: wall(end) };
      if (allDay) {
        if (!resource) { calendar.unselect(); return; }
        const opens = new Date(`${dayText(start)}T${words.from}`);
        times._flt_0_starts_at = wall(opens);
        times._flt_0_ends_at = wall(new Date(opens.getTime() + 1800000));
      }
      const asked = new URLSearchParams({ ...times, ...(resource && { _flt_0_manager: resource.id }) });
      location.assign(`${words.add}?${asked}`);
    },
    datesSet: ({ start, view }) => {
      const middle = new Date(start);
      if (view.type === "dayGridMonth") middle.setDate(middle.getDate() + 10);
      const address = new URL(location.href);
      address.searchParams.set("on", dayText(middle));
      history.replaceState(null, "", address);
      const goTo = /** @type {HTMLInputElement} */ (document.getElementById("go-to"));
      if (view.type !== "dayGridMonth" && goTo !== document.activeElement) goTo.value = dayText(start);
      const sheet = /** @type {HTMLAnchorElement} */ (document.querySelector("[data-sheet]"));
      const paper = new URL(sheet.href);
      paper.searchParams.set("on", dayText(middle));
      sheet.href = paper.href;
    },
  });
  place.addEventListener("keydown", pressed, true);
  new MutationObserver(sayNoTable).observe(place, { childList: true, subtree: true });
  sayNoTable();
}

/* The grid says that it is a table, but its cells stand in no rows and its events in no cells: who hears it would be led
   astray. Days and events have names of their own. */
function sayNoTable() {
  for (const part of place.querySelectorAll("[role^=row], [role=table], [role=cell], [role=columnheader]")) {
    part.removeAttribute("role");
    part.removeAttribute("aria-colindex");
  }
}

on("click", ({ target }) => { if (target.closest("[data-print]")) print(); });

/* To another day: the grid goes there, the list begins with it. */
on("change", ({ target }) => {
  if (target.id !== "go-to" || !target.value) return;
  if (calendar) { calendar.setOption("date", target.value); return; }
  const address = new URL(target.dataset.address, location.href);
  address.searchParams.set("on", target.value);
  swap(address.href, "#page-list");
});

/* Keys of the grid: earlier, today, later; from event to event in the order of time. */
const PERIODS = {
  BracketLeft: () => calendar.prev(),
  BracketRight: () => calendar.next(),
  Digit0: () => calendar.setOption("date", today()),
  KeyJ: () => walk(1),
  KeyK: () => walk(-1),
};
const eventOf = (el) => calendar.getEventById(el.querySelector("[data-id]")?.dataset.id);
function walk(by) {
  const shown = /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".ec-event:not(.ec-bg-event)")]).filter(eventOf);
  shown.sort((one, other) => eventOf(one).start - eventOf(other).start);
  const at = shown.indexOf(document.activeElement?.closest(".ec-event"));
  shown[at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1)]?.focus();
}
on("keydown", (event) => {
  const does = PERIODS[event.code];
  if (!calendar || !does || isHeld(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  does();
}, true);

if (place) {
  if (place.dataset.narrow && matchMedia("(max-width: 760px)").matches) location.replace(place.dataset.narrow);
  else if (document.readyState === "complete") draw();
  else addEventListener("load", draw);
}
