// The lesson editor: run the saved draft's code one item at a time, and show each result beside its block.

const panel = document.querySelector("[data-lesson-code]");
const form = panel?.closest("form");
const button = panel?.querySelector("[data-run-all]");
const status = panel?.querySelector("[data-run-status]");
const REFRESH_AFTER = 1500;
const SAVED_WITHIN = 6000;

const say = (name, values = {}) =>
  name ? status.dataset[name].replace(/\{(\w+)\}/g, (_, key) => values[key]) : "";
const rowsNow = () => [...panel.querySelectorAll(".lesson-code__row")];

// Beside the blocks ---------------------------------------------------------------------------------

function blockOf(id) {
  return id && document.querySelector(`[data-contentpath="${CSS.escape(id)}"]`);
}

function make(tag, name, text) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

/** Show every known result in the heading of its block, and below it what was wrong. */
function label() {
  for (const old of document.querySelectorAll(".lesson-code__badge, .lesson-code__note")) old.remove();
  for (const row of rowsNow()) {
    const block = row.dataset.state !== "unknown" && blockOf(row.dataset.block);
    const header = block && block.querySelector(".w-panel__header");
    if (!header) continue;
    const state = row.querySelector(".lesson-code__state").textContent.trim();
    const part = row.dataset.part && row.dataset.part[0].toUpperCase() + row.dataset.part.slice(1);
    const badge = make("span", "lesson-code__badge", [part, state].filter(Boolean).join(": "));
    badge.dataset.state = row.dataset.state;
    header.querySelector(".w-panel__divider").before(badge);
    const message = row.querySelector(".lesson-code__message")?.textContent;
    if (message) header.after(make("p", "lesson-code__note", [part, message].filter(Boolean).join(": ")));
  }
}

// Running -------------------------------------------------------------------------------------------

let running = false;
let unsaved = false;
let later = 0;

/** Take over what the server knows of the draft as it is saved now. */
async function refresh() {
  if (!panel.dataset.runUrl) return;
  const response = await fetch(`${panel.dataset.runUrl}?report`);
  if (!response.ok) throw new Error();
  const open = panel.querySelector("[data-report]").contains(document.activeElement);
  if (!open) panel.querySelector("[data-report]").innerHTML = await response.text();
  panel.querySelector("[data-run-actions]").hidden = !rowsNow().length;
  label();
}

/** Resolve once the editor has saved what was typed, if it has to; reject when it can't. */
function saved() {
  if (!unsaved) return undefined;
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new Error(say("unsaved")));
    document.addEventListener("w-autosave:success", resolve, { once: true });
    document.addEventListener("w-autosave:error", refuse, { once: true });
    setTimeout(resolve, SAVED_WITHIN);
  });
}

async function runOne(row) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ block: row.dataset.block, part: row.dataset.part, csrfmiddlewaretoken: token });
  const response = await fetch(panel.dataset.runUrl, { method: "POST", body });
  const holder = document.createElement("template");
  holder.innerHTML = await response.text();
  const told = holder.content.querySelector("[role=alert]");
  if (!response.ok) throw new Error(told ? told.textContent.trim() : "");
  const fresh = holder.content.querySelector("li");
  if (fresh) row.replaceWith(fresh);
  else row.remove();
  label();
}

async function runAll() {
  const bar = panel.querySelector("progress");
  button.disabled = running = true;
  bar.removeAttribute("value");
  bar.hidden = false;
  try {
    await saved();
    await refresh();
    const rows = rowsNow();
    bar.max = rows.length;
    for (const [done, row] of rows.entries()) {
      bar.value = done;
      status.textContent = say("running", { done: done + 1, all: rows.length });
      await runOne(row);
    }
    await refresh();
    const count = panel.querySelectorAll('.lesson-code__row[data-state="failed"]').length;
    status.textContent = say(count ? "some" : "done", { count, all: rows.length });
  } catch (error) {
    status.textContent = error instanceof TypeError || !error.message ? say("failed") : error.message;
  } finally {
    button.disabled = running = false;
    bar.hidden = true;
  }
}

button?.addEventListener("click", runAll);

// The editor ----------------------------------------------------------------------------------------

for (const event of ["input", "w-unsaved:add"]) {
  form?.addEventListener(event, () => {
    unsaved = true;
  });
}
document.addEventListener("w-autosave:success", ({ detail }) => {
  if (!panel) return;
  unsaved = false;
  const page = detail?.response?.pk;
  if (page && !panel.dataset.runUrl) panel.dataset.runUrl = panel.dataset.runUrls.replace("/0/", `/${page}/`);
  clearTimeout(later);
  later = setTimeout(() => running || refresh().catch(() => {}), REFRESH_AFTER);
});

panel?.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go-to-block]");
  const block = blockOf(link?.dataset.goToBlock);
  if (!block) return;
  event.preventDefault();
  const toggle = block.querySelector("[data-panel-toggle]");
  if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
  block.scrollIntoView({ block: "start" });
  toggle?.focus({ preventScroll: true });
});

// Wagtail draws the blocks after this script has run.

const LONG = ["exercise", "quiz"];

/** Exercises and quizzes are long: the editor opens with those closed that have no error. */
function foldLongBlocks() {
  for (const input of form.querySelectorAll('[data-streamfield-child] > input[name^="body-"][name$="-type"]')) {
    const block = input.parentElement;
    const toggle = block.querySelector("[data-panel-toggle]");
    const isWanted = location.hash.includes(`block-${block.dataset.contentpath}-`);
    if (!LONG.includes(input.value) || isWanted || block.querySelector(".w-field--error, .help-critical")) continue;
    if (toggle?.getAttribute("aria-expanded") === "true") toggle.click();
  }
}

function onceDrawn(action) {
  const isDrawn = () => form.querySelector("[data-streamfield-child] [data-panel-toggle]");
  if (isDrawn()) return requestAnimationFrame(action);
  const watch = new MutationObserver(() => {
    if (!isDrawn()) return;
    watch.disconnect();
    requestAnimationFrame(action);
  });
  return watch.observe(form, { childList: true, subtree: true });
}

if (panel) {
  onceDrawn(() => {
    foldLongBlocks();
    label();
  });
}
