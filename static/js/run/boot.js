// Waits for somebody to want Python: shows files as tabs, and loads the rest at the first sign of use.

import { makeTabs } from "./tabs.js";

const INTENT_AFTER = 150;
const RUNNABLE = ".pane[data-run]";
let loading = null;

function load() {
  loading ??= import("./pane.js").catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

const exercise = () => import("./exercise.js");

/** Do something with a part of the runner; say so when that can't be loaded. */
async function use(root, action, part = load) {
  let loaded;
  try {
    loaded = await part();
  } catch {
    return cannotLoad(root);
  }
  return action(loaded);
}

function cannotLoad(root) {
  const words = document.querySelector("#runner").content;
  root.querySelector("[data-kept]").textContent = words.querySelector("[data-word=cannotload]").textContent;
}

const useChecks = (root) => use(root, ({ check }) => check(root), exercise);

// Tabs --------------------------------------------------------------------------------------------

for (const list of document.querySelectorAll(".filetabs")) {
  makeTabs(list, [...list.closest(".pane").querySelectorAll(":scope > .file")]);
}

// A lit number shows its partner, also where that stands in another file.
for (const pair of document.querySelectorAll(".pair")) {
  pair.addEventListener("click", (event) => {
    if (!event.target.closest("button.m")) return;
    for (const pane of pair.querySelectorAll(".pane:has(.filetabs)")) {
      const hit = [...pane.querySelectorAll(".line[data-hit]")].map((line) => line.closest(".file"));
      if (hit.length && !hit.some((file) => file.hasAttribute("data-shown"))) {
        pane.querySelector(`[aria-controls="${hit[0].id}"]`).click();
      }
    }
  });
}

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll(".press kbd:first-child")) key.textContent = "⌘";
}

// Intent ------------------------------------------------------------------------------------------

let intent = 0;
function expectRun(event) {
  const run = event.target.closest?.(`${RUNNABLE} [data-do=run]`);
  clearTimeout(intent);
  if (!run || navigator.connection?.saveData) return;
  const root = run.closest(RUNNABLE);
  intent = setTimeout(() => load().then(({ prepare }) => prepare(root), () => {}), INTENT_AFTER);
}
addEventListener("pointerover", expectRun);
addEventListener("focusin", expectRun);

// What the reader asks for -------------------------------------------------------------------------

/** Line and column of the code under the pointer. */
function placeOf(event) {
  const line = event.target.closest(".line");
  if (!line) return null;
  const number = [...line.parentElement.querySelectorAll(".line")].indexOf(line) + 1;
  const at = document.caretPositionFromPoint?.(event.clientX, event.clientY);
  if (!at || !line.contains(at.offsetNode)) return { line: number, column: 0 };
  const range = document.createRange();
  range.setStart(line, line.querySelector(":scope > button.m") ? 1 : 0);
  range.setEnd(at.offsetNode, at.offset);
  return { line: number, column: range.toString().length };
}

document.addEventListener("click", (event) => {
  const root = event.target.closest(RUNNABLE);
  if (!root || event.target.closest("button.m")) return;
  const button = event.target.closest("[data-do], .tries button");
  if (button?.dataset.do === "check") {
    useChecks(root);
  } else if (button) {
    use(root, ({ act }) => act(root, button.dataset.do ?? "try", button));
  } else if (event.target.closest(".code") && getSelection().isCollapsed) {
    const place = placeOf(event);
    use(root, ({ paneOf }) => paneOf(root).code.edit(place));
  }
});

document.addEventListener(
  "keydown",
  (event) => {
    const root = event.target.closest?.(RUNNABLE);
    if (!root || event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      if (!event.shiftKey) use(root, ({ act }) => act(root, "run"));
      else if (root.querySelector("[data-do=check]")) useChecks(root);
    } else if (event.target.matches(".code")) {
      event.preventDefault();
      use(root, ({ paneOf }) => paneOf(root).code.edit({ line: 1, column: 0 }));
    }
  },
  { capture: true },
);

addEventListener("focusin", (event) => {
  const root = event.target.matches?.(`${RUNNABLE} textarea`) && event.target.closest(RUNNABLE);
  if (root) use(root, ({ paneOf }) => paneOf(root).code.edit());
});

// Exercises ---------------------------------------------------------------------------------------

function showTrack(section, name) {
  for (const track of section.querySelectorAll(".tracks > .pane")) {
    track.toggleAttribute("data-shown", track.dataset.part === name);
  }
  for (const button of section.querySelectorAll("[data-tracks] button")) {
    button.setAttribute("aria-pressed", String(button.value === name));
  }
}

for (const section of document.querySelectorAll(".exercise")) {
  const tracks = section.querySelector("[data-tracks]");
  const wished = document.querySelector("article[data-view]")?.dataset.view;
  if (tracks?.querySelector(`[value="${CSS.escape(wished ?? "")}"]`)) showTrack(section, wished);
  tracks?.addEventListener("click", (event) => event.target.value && showTrack(section, event.target.value));
  if (section.querySelector("[data-poll]")) exercise().then(({ poll }) => poll(section), () => {});
}
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-hand-in]")) return;
  event.preventDefault();
  const form = event.target;
  exercise().then(
    ({ handIn }) => handIn(form),
    () => (navigator.onLine ? form.submit() : cannotLoad(form.closest(RUNNABLE))),
  );
});
document.addEventListener("toggle", ({ target }) => target.open && target.setAttribute("data-opened", ""), true);

// What this device keeps ---------------------------------------------------------------------------

const lesson = document.querySelector("article[data-lesson]")?.dataset.lesson;
for (const root of lesson ? document.querySelectorAll(RUNNABLE) : []) {
  const block = root.closest("[data-block-id]")?.dataset.blockId;
  try {
    if (localStorage.getItem(`draft:${lesson}:${block}:${root.dataset.part ?? ""}`)) {
      use(root, ({ paneOf }) => paneOf(root).code.restore());
    }
  } catch {
    // Storage is blocked: nothing is kept here.
  }
}
