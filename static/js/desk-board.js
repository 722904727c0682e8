// Cards of the lead board can be dragged; the card's own form does the move, so that rules and messages are the same.

let dragged = null;

function columnAt(target) {
  return target instanceof Element ? target.closest("[data-stage]") : null;
}

function mark(column) {
  for (const marked of document.querySelectorAll(".board-column--target")) {
    if (marked !== column) marked.classList.remove("board-column--target");
  }
  column?.classList.add("board-column--target");
}

for (const card of document.querySelectorAll(".board-card")) {
  card.draggable = true;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target instanceof Element ? event.target.closest(".board-card") : null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.lead);
  dragged.classList.add("board-card--dragged");
});

document.addEventListener("dragover", (event) => {
  const column = dragged && columnAt(event.target);
  mark(column);
  if (column) event.preventDefault();
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("board-card--dragged");
  dragged = null;
  mark(null);
});

document.addEventListener("drop", (event) => {
  const column = dragged && columnAt(event.target);
  if (!column) return;
  event.preventDefault();
  if (column.dataset.stage === dragged.dataset.state) return;
  const form = dragged.querySelector("form");
  const select = form.elements.namedItem("stage");
  select.value = column.dataset.stage;
  form.requestSubmit();
});
