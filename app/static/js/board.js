// @ts-check
/* Cards are dragged between the lanes of the board; the server says which document makes the move. */
import { on, text, toast } from "./page.js";

let dragged = null;
const lane = (event) => event.target.closest?.(".lane");
const unmark = () => document.querySelectorAll(".lane.over").forEach((each) => each.classList.remove("over"));

async function drop(order, state) {
  const address = document.getElementById("board").dataset.drop;
  try {
    const answer = await fetch(`${address}?${new URLSearchParams({ order, to: state })}`, { headers: { Accept: "application/json" } });
    const said = await answer.json();
    if (said.url) location.assign(said.url);
    else toast(said.message, { kind: "warning" });
  } catch {
    toast(text("Failed"), { kind: "danger" });
  }
}

on("dragstart", (event) => {
  dragged = event.target.closest?.(".task");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.order);
  dragged.classList.add("dragged");
});
on("dragover", (event) => {
  const over = lane(event);
  if (!dragged || !over) return;
  event.preventDefault();
  if (!over.classList.contains("over")) { unmark(); over.classList.add("over"); }
});
on("drop", (event) => {
  const over = lane(event);
  if (!dragged || !over) return;
  event.preventDefault();
  if (over !== dragged.closest(".lane")) drop(dragged.dataset.order, over.dataset.state);
});
on("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
  unmark();
});
