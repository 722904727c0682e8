// Quizzes: answers that count are saved as they are given, the time left, and items moved by button or mouse.
import { post } from "./fragment.js";

const on = (name, act) => document.addEventListener(name, act);
let timer, moved;

async function save(form) {
  const data = new FormData(form);
  data.set("autosave", 1);
  const said = form.querySelector("[data-saved]");
  const answer = await post(form, data).catch(() => {});
  if (answer && !answer.ok) return form.requestSubmit();
  const time = new Date().toTimeString().slice(0, 5);
  said.textContent = answer ? said.dataset.text.replace("%", time) : said.dataset.failed;
}

on("input", ({ target }) => {
  const form = target.closest("[data-autosave]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(save, 800, form);
});

// Enter checks the answer that is being written.
on("keydown", (event) => {
  const field = event.key === "Enter" && event.target.closest(".question [type=text]");
  const button = field && field.closest("fieldset").querySelector("[name=check]");
  if (!button) return;
  event.preventDefault();
  button.click();
});

function number(list) {
  [...list.children].forEach((item, at) => (item.querySelector("select").selectedIndex = at));
  list.dispatchEvent(new Event("input", { bubbles: true }));
}

on("click", ({ target }) => {
  const button = target.closest("[data-move]");
  if (!button) return;
  const item = button.closest("li");
  const list = item.parentNode;
  if (button.dataset.move < 0) item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  number(list);
  button.focus();
  const said = list.nextElementSibling;
  said.textContent = said.dataset.text.replace("%", [...list.children].indexOf(item) + 1);
});

const itemOf = (event) => event.target.closest?.("[data-ordering] > li");
on("dragstart", (event) => (moved = itemOf(event)));
on("dragover", (event) => {
  const over = itemOf(event);
  if (!moved || over?.parentNode !== moved.parentNode) return;
  event.preventDefault();
  if (moved.compareDocumentPosition(over) & 4) over.after(moved);
  else if (over !== moved) over.before(moved);
});
on("dragend", () => {
  if (moved) number(moved.parentNode);
  moved = null;
});

// The clock is for the eye; it is said at 5 minutes and at 1.
function wind() {
  for (const box of document.querySelectorAll("[data-left]:not([data-on])")) {
    box.dataset.on = "";
    const [clock, said] = box.querySelectorAll("[data-text], [aria-live]");
    const end = Date.now() + box.dataset.left * 1000;
    const words = [[300, box.dataset.five], [60, box.dataset.one]].filter(([at]) => at < box.dataset.left);
    const tick = setInterval(() => {
      const left = Math.round((end - Date.now()) / 1000);
      const rest = `${left % 60}`.padStart(2, 0);
      clock.textContent = clock.dataset.text.replace("%", `${Math.trunc(left / 60)}:${rest}`);
      if (left <= words[0]?.[0]) said.textContent = words.shift()[1];
      if (left > 1 && box.isConnected) return;
      clearInterval(tick);
      if (box.isConnected) box.closest("form").querySelector("[data-finish]").click();
    }, 1000);
  }
}
on("fragment", wind);
wind();
