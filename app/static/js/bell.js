// @ts-check
/* The bell: one tab asks for all (where the browser has locks: over https or on this machine), the others are told.
   What was told last is kept, so that a new page shows it at once and asks only when it is old. */
import { on, text, toast } from "./page.js";

const EVERY = 20000;
const RINGING_EVERY = 1500;
const KEY = "bell";
const bell = /** @type {HTMLDetailsElement} */ (document.querySelector("details[data-bell]"));
const plain = document.title;
const owner = document.body.dataset.user;
const channel = "BroadcastChannel" in window ? new BroadcastChannel(KEY) : null;
let timer = 0;
let leads = false;
let shown = "";

/** @returns {{ owner?: string, at: number, tag: string, count: number, notices: number, next: string | null, rings: any[] }} */
function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    if (found?.owner === owner) return found;
  } catch { /* a browser that keeps nothing asks on every page */ }
  return { owner, at: 0, tag: "", count: 0, notices: 0, next: null, rings: [] };
}
function keep(state) {
  try { localStorage.setItem(KEY, JSON.stringify(state)); } catch { /* as above */ }
}

function show({ count, notices, tag }) {
  shown = tag;
  const badge = /** @type {HTMLElement} */ (bell.querySelector(".badge"));
  const all = count + notices;
  badge.textContent = all > 99 ? "99+" : String(all);
  badge.hidden = !all;
  badge.classList.toggle("quiet", !count);
  document.title = count ? `(${count}) ${plain}` : plain;
}

function sound() {
  if (!("sound" in bell.dataset)) return;
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.setValueAtTime(0.15, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
    tone.frequency.value = 880;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.6);
    tone.onended = () => audio.close();
  } catch { /* a browser without sound */ }
}

function announce(fresh) {
  if (!fresh.length) return;
  sound();
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  fresh.forEach(({ id, title, text: body, url }) => {
    const shown = new Notification(title, { body, tag: `reminder:${id}` });
    shown.onclick = () => { window.focus(); location.assign(url); };
  });
}

async function ask() {
  clearTimeout(timer);
  const known = kept();
  try {
    const headers = known.tag ? { "If-None-Match": known.tag } : {};
    const answer = await fetch(bell.dataset.bell, { headers, cache: "no-store", redirect: "error" });
    if (answer.status === 304) {
      const last = { ...kept(), at: Date.now() };
      keep(last);
      show(last);
      channel?.postMessage(last); // a new tab may have read the one before
    } else if (answer.ok) {
      const told = { ...await answer.json(), owner, tag: answer.headers.get("ETag"), at: Date.now() };
      const before = new Set(known.rings.map((one) => one.id));
      keep(told);
      show(told);
      announce(told.rings.filter((one) => !before.has(one.id)));
      channel?.postMessage(told);
      if (bell.open) fill();
    }
  } catch { /* the server is away, or the login has ended: asked again later */ }
  later();
}

/* When the next one is due, or soon; tabs without locks do not ask all at one moment. */
function later() {
  clearTimeout(timer);
  if (!leads) return;
  const { at, next } = kept();
  const due = next ? Date.parse(next) - Date.now() + 500 : Infinity;
  const wait = Math.max(1000, Math.min(at + EVERY - Date.now(), due));
  timer = window.setTimeout(ask, wait + (navigator.locks ? 0 : Math.random() * 5000));
}

async function fill(focus = false) {
  const place = bell.querySelector("[data-bell-list]");
  try {
    const answer = await fetch(bell.dataset.panel);
    const list = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".bell-list");
    // What is pressed just now must not be changed for another like it: the click would be nobody's.
    if (answer.ok && list && !place.querySelector(".bell-list")?.isEqualNode(list)) place.replaceChildren(list);
  } catch {
    place.textContent = text("Failed");
  }
  if (focus) /** @type {HTMLElement} */ (bell.querySelector(".rings a, [data-bell-list] a"))?.focus();
}

async function perform(button) {
  const body = new FormData(/** @type {HTMLFormElement} */ (document.getElementById("post")));
  try {
    const answer = await fetch(button.formAction, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    toast((await answer.json()).told, { kind: "success" });
  } catch {
    toast(text("Failed"), { kind: "danger" });
  }
  if (!bell.contains(button)) { location.reload(); return; }
  await fill(true);
  await ask();
}

/* Who has an extension is asked for calls by every page that is seen; the first of them opens the card. */
let ring = "";
async function listen() {
  if (!document.hidden) {
    try {
      const headers = ring ? { "If-None-Match": ring } : {};
      const answer = await fetch(bell.dataset.calls, { headers, cache: "no-store", redirect: "error" });
      if (answer.ok) {
        ring = answer.headers.get("ETag");
        const call = await answer.json();
        if (call.id) openCaller(call);
      }
    } catch { /* asked again */ }
  }
  setTimeout(listen, RINGING_EVERY);
}

/** Once a call, in one tab; what is being typed stays. */
function openCaller({ id, title, text: body, url }) {
  try {
    if (localStorage.getItem("call") === String(id)) return;
    localStorage.setItem("call", id);
  } catch { /* a browser that keeps nothing opens it in every tab */ }
  sound();
  if (document.querySelector("form[data-guard], dialog[open]")) toast(`${title} · ${body}`, { kind: "success", url });
  else location.assign(url);
}

function begin() {
  leads = true;
  if (Date.now() - kept().at > EVERY) ask(); else later();
}

if (bell) {
  if (bell.dataset.calls) listen();
  show(kept());
  if (navigator.locks) navigator.locks.request(KEY, () => { begin(); return new Promise(() => {}); }); else begin();
  // It is sent itself: what one tab keeps another may read a moment later than it hears of it.
  channel?.addEventListener("message", ({ data: told }) => {
    if (told.owner !== owner) return;
    const isOther = told.tag !== shown;
    show(told);
    later();
    if (isOther && bell.open) fill();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - kept().at > EVERY) ask(); });
  document.addEventListener("verb-done", () => ask());
  if (document.querySelector(".alert")) ask(); // something was just done
  const allow = /** @type {HTMLElement} */ (bell.querySelector("[data-bell-allow]"));
  allow.hidden = !window.isSecureContext || !("Notification" in window) || Notification.permission !== "default";
  allow.addEventListener("click", () => { allow.hidden = true; Notification.requestPermission(); });
  bell.addEventListener("toggle", () => { if (bell.open) fill(true); });
}

on("click", (event) => {
  const button = event.target.closest("[data-ring]");
  if (!button) return;
  event.preventDefault();
  event.stopPropagation();
  perform(button);
}, true);

/* Within a list of what rings: arrows walk, D and the digits are the verbs of the row. */
on("keydown", (event) => {
  const row = event.target.closest?.(".rings li");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.code.replace(/^(Digit|Key)/, "");
  const verb = row.querySelector(`[data-ring="${key}"]`);
  const next = event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
  const to = verb || next?.querySelector("a");
  if (!to) return;
  event.preventDefault();
  event.stopPropagation();
  if (verb) to.click(); else to.focus();
}, true);
