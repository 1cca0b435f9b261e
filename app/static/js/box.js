// @ts-check
/* Small boxes over the page: <a data-box> shows the .box of its page in a dialog, <form data-verb> and
   <button data-verb formaction> are done without leaving the page. Without this script they are pages and plain forms. */
import { enhance } from "./lookup.js";
import { forgive, on, post, text, toast } from "./page.js";
import { swap } from "./swap.js";

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("box"));

/** On the card of a client a quick contact begins with him. */
function beginning(link) {
  const client = link.matches(".quick") && /** @type {HTMLElement} */ (document.querySelector("[data-of-client]"))?.dataset.ofClient;
  return client ? `${link.href}?counterparty=${client}` : link.href;
}

export async function openBox(address, refusal = null) {
  const answer = await fetch(address);
  const content = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".box");
  if (!content) { location.assign(address); return; }
  dialog.querySelector("h2").textContent = content.getAttribute("aria-label");
  dialog.querySelector("[data-box-content]").replaceChildren(content);
  enhance(dialog);
  if (!dialog.open) dialog.showModal();
  if (refusal) complain(refusal);
  else /** @type {HTMLElement} */ (content.querySelector("[autofocus]") ?? content.querySelector("[data-first] input, input:not([type=hidden])"))?.focus();
}

/** What was refused, at its field. */
function complain({ message, field }) {
  const told = dialog.querySelector(".err");
  told.textContent = message;
  told.removeAttribute("hidden");
  forgive(dialog);
  const named = /** @type {HTMLElement[]} */ ([...dialog.querySelectorAll(`[name="${field}"]`)]);
  const wrong = named.map((each) => each.closest(".lookup")?.querySelector("input") ?? each);
  wrong.forEach((each) => {
    each.setAttribute("aria-invalid", "true");
    each.setAttribute("aria-describedby", told.id);
  });
  wrong[0]?.focus();
}

/** Send a verb; the page then shows what has become of its rows. */
async function perform(address, body, boxAddress) {
  const csrf = /** @type {HTMLInputElement} */ (document.querySelector("#post [name=csrf_token]")).value;
  if (!body.has("csrf_token")) body.set("csrf_token", csrf);
  let answer;
  let told;
  try {
    answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    told = await answer.json();
  } catch {
    toast(text("Failed"), { kind: "danger" });
    return;
  }
  if (answer.ok) {
    if (dialog.open) dialog.close();
    toast(told.told, { kind: "success", url: told.url, undo: told.undo && (() => post(told.undo)) });
    document.dispatchEvent(new CustomEvent("verb-done"));
    if (!document.querySelector("form[data-guard]")) swap(location.href, document.querySelector("#list") ? "#list" : "#content", { stay: true });
  } else if (dialog.open) {
    complain(told);
  } else if (boxAddress) {
    await openBox(boxAddress, told);
  } else {
    toast(told.message, { kind: "danger" });
  }
}

on("click", (event) => {
  const link = /** @type {HTMLAnchorElement} */ (event.target.closest("a[data-box]"));
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openBox(beginning(link)).catch(() => location.assign(link.href));
    return;
  }
  const button = /** @type {HTMLButtonElement} */ (/** @type {Element} */ (event.target.closest("button[data-verb]")));
  if (button) {
    event.preventDefault();
    button.disabled = true;
    perform(button.formAction, new FormData(), button.dataset.box).finally(() => { button.disabled = false; });
  }
  if (event.target.closest("[data-box-close]")) dialog.close();
});

on("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (/** @type {Element} */ (event.target));
  if (!form.matches("[data-verb]") || !dialog.contains(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  perform(form.action, new FormData(form, event.submitter), "").finally(() => { delete form.dataset.sent; });
}, true);

/* Enter ends what is typed in a box, Shift+Enter begins a line. */
on("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.("textarea[data-enter]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
