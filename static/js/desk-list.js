// Ticking rows of the lead list: counts them, ticks a page at once. Without it the boxes and buttons work as they are.

const WORDS = "deskTicked";

function parts(list) {
  return {
    boxes: [...list.querySelectorAll("[data-desk-tick]")],
    all: list.querySelector("[data-desk-tick-page]"),
    option: list.querySelector("[data-desk-ticked]"),
    scope: list.querySelector("[data-desk-scope]"),
  };
}

function show(list) {
  const { boxes, all, option } = parts(list);
  const ticked = boxes.filter((box) => box.checked).length;
  all.hidden = false;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  option.textContent = `${option.dataset[WORDS]} ${ticked}`;
  for (const box of boxes) box.closest("tr").classList.toggle("desk-ticked", box.checked);
}

function showAll() {
  for (const list of document.querySelectorAll("[data-desk-choose]")) show(list);
}

document.addEventListener("change", ({ target }) => {
  const list = target instanceof Element ? target.closest("[data-desk-choose]") : null;
  if (!list) return;
  const { boxes, all, scope } = parts(list);
  if (target === all) for (const box of boxes) box.checked = all.checked;
  if (target !== scope) scope.value = "ticked";
  show(list);
});

document.addEventListener("w-swap:success", showAll);
window.addEventListener("pageshow", showAll);
showAll();
