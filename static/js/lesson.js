// Reading a lesson: which panes are shown, matched lines, keys, and the passage being read.

const YEAR = 365 * 24 * 3600;
const PLACE_EVERY = 4000;
const article = document.querySelector("[data-lesson]");

// Matched lines -----------------------------------------------------------------------------------

function light(pair, number) {
  for (const element of pair.querySelectorAll("[data-match]")) {
    element.toggleAttribute("data-hit", element.dataset.match === number);
  }
}

for (const pair of document.querySelectorAll(".pair")) {
  let kept = pair.querySelector("[data-hit]")?.dataset.match;
  const numberOf = (event) => event.target.closest?.("button.m")?.closest("[data-match]").dataset.match;
  pair.addEventListener("pointerover", (event) => numberOf(event) && light(pair, numberOf(event)));
  pair.addEventListener("pointerout", (event) => numberOf(event) && light(pair, kept));
  pair.addEventListener("focusin", (event) => numberOf(event) && light(pair, numberOf(event)));
  pair.addEventListener("focusout", (event) => numberOf(event) && light(pair, kept));
  pair.addEventListener("click", (event) => {
    const number = numberOf(event);
    if (!number) return;
    kept = kept === number ? undefined : number;
    light(pair, kept);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") light(pair, (kept = undefined));
  });
}

// View switch -------------------------------------------------------------------------------------

const switches = document.querySelector("[data-view-switch]");

function show(view) {
  article.dataset.view = view;
  for (const button of switches.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === view));
  }
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `view=${view};path=/;max-age=${YEAR};samesite=lax${secure}`;
}

switches?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) show(button.value);
});
switches?.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, Home: -9, End: 9 }[event.key];
  if (!step) return;
  const buttons = [...switches.querySelectorAll("button")];
  const at = buttons.indexOf(event.target.closest("button")) + step;
  buttons[Math.max(0, Math.min(buttons.length - 1, at))].focus();
  event.preventDefault();
});

// Keys --------------------------------------------------------------------------------------------

const dialog = document.querySelector("#keys");
const singleKeys = document.querySelector("[data-single-keys]");
let listening = true;
try {
  listening = localStorage.getItem("keys") !== "off";
} catch {
  // Storage is blocked: the choice holds for this page.
}
const follow = (rel) => document.querySelector(`[data-go="${rel}"]`)?.click();
const keys = {
  n: () => follow("next"),
  p: () => follow("previous"),
  1: () => switches && show("django"),
  2: () => switches && show("flask"),
  3: () => switches && show("both"),
  c: () => {
    const button = document.querySelector("[popovertarget=contents]:not(.close)");
    if (button?.offsetParent) button.click();
    else document.querySelector("#contents [aria-current]")?.focus();
  },
  "?": () => dialog?.showModal(),
};
document.addEventListener("keydown", (event) => {
  const fields = "input, textarea, select, [contenteditable], dialog, .pane[data-run] .code";
  const typing = event.target.closest?.(fields);
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !article || !listening) return;
  keys[event.key]?.();
});
document.querySelector("[data-show-keys]")?.addEventListener("click", (event) => {
  const sheet = event.target.closest("[popover]");
  if (sheet.matches(":popover-open")) sheet.hidePopover();
  dialog.showModal();
});
singleKeys?.setAttribute("aria-pressed", String(listening));
singleKeys?.addEventListener("click", () => {
  listening = !listening;
  singleKeys.setAttribute("aria-pressed", String(listening));
  try {
    if (listening) localStorage.removeItem("keys");
    else localStorage.setItem("keys", "off");
  } catch {
    // Storage is blocked: the choice holds for this page.
  }
});

// The passage being read, kept for signed-in readers -------------------------------------------------

const url = article?.dataset.placeUrl;
if (url) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  let current = article.dataset.resume;
  let sent = current;
  let timer = 0;
  const send = () => {
    clearTimeout(timer);
    timer = 0;
    if (!current || current === sent) return;
    sent = current;
    const body = new URLSearchParams({ passage: current });
    fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {
      sent = "";
    });
  };
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) current = entry.target.id;
      }
      timer ||= setTimeout(send, PLACE_EVERY);
    },
    { rootMargin: "-10% 0% -60% 0%" },
  );
  for (const passage of document.querySelectorAll(".passage[id]")) watcher.observe(passage);
  document.addEventListener("visibilitychange", send);
}
