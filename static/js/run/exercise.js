// An exercise: checked here at once, handed in to be decided on the server.

import { enqueue } from "../offline.js";
import { paneOf } from "./pane.js";
import { sourceOf } from "./sources.js";
import { part, say } from "./words.js";

const POLL_FIRST = 700;
const POLL_MOST = 5000;
const POLL_FOR = 10 * 60_000;
const MOST_RESULTS = 100;
const LONGEST = 2000;

const sectionOf = (element) => element.closest(".exercise");

/** Run the visible checks against the code of a pane and show what each of them says. */
export async function check(root) {
  const source = sourceOf(sectionOf(root).querySelector("[data-checks]"));
  const box = resultsBox(root);
  box.querySelector("[data-sum]").textContent = say("checking");
  box.querySelector("ol").replaceChildren();
  box.querySelector("[data-provisional]").hidden = true;
  const raw = await paneOf(root).check([{ name: "checks.py", source }]);
  const results = raw?.slice(0, MOST_RESULTS).filter((result) => typeof result === "object" && result !== null);
  if (!results?.length) {
    const isStopped = root.dataset.runnerState !== "error";
    if (isStopped) box.remove();
    else box.querySelector("[data-sum]").textContent = say("nochecks");
    return;
  }
  show(box, results);
  const claimed = root.querySelector("[name=claimed]");
  if (!claimed) return;
  const states = results.map(({ name, state }) => ({ name: String(name).slice(0, 100), state: String(state).slice(0, 10) }));
  claimed.value = JSON.stringify({ results: states });
}

function resultsBox(root) {
  const there = root.querySelector("[data-piece=checked]");
  if (there) return there;
  const box = part("checked");
  root.querySelector(".runner").after(box);
  return box;
}

function show(box, results) {
  const total = results.length;
  const passed = results.filter(({ state }) => state === "passed").length;
  const count = say("passed", { passed, total });
  box.querySelector("ol").replaceChildren(...results.map(line));
  const sum = box.querySelector("[data-sum]");
  sum.textContent = passed < total ? count : "";
  if (passed === total) {
    const correct = part("correct");
    correct.querySelector("[data-count]").textContent = count;
    sum.replaceChildren(...correct.childNodes);
  }
  const canHandIn = box.closest(".pane").querySelector("form[data-hand-in]");
  box.querySelector("[data-provisional]").hidden = passed < total || !canHandIn;
}

/** One check: its title, and when it failed what was expected and what came. */
function line({ state, title, name, message, expected, got }) {
  const kinds = part("results").children;
  const row = [...kinds].find(({ dataset }) => dataset.check === (state === "passed" ? "passed" : "failed"));
  row.querySelector("[data-title]").textContent = String(title || name || "").slice(0, LONGEST);
  if (state === "passed") return row;
  row.dataset.check = state === "error" ? "error" : "failed";
  row.querySelector("[data-why]").textContent = String(message ?? "").slice(0, LONGEST);
  for (const [key, value] of Object.entries({ expected, got })) {
    const place = row.querySelector(`[data-${key}]`);
    if (value === null || value === undefined) {
      place.parentElement.previousElementSibling.remove();
      place.parentElement.remove();
    } else {
      place.textContent = String(value).slice(0, LONGEST);
    }
  }
  if (!row.querySelector("dd")) row.querySelector("dl").remove();
  return row;
}

/** Send the code to the server and show its verdict when it comes. */
export async function handIn(form) {
  const button = form.querySelector("[type=submit]");
  if (button.getAttribute("aria-disabled") === "true") return;
  const label = [...button.childNodes];
  const pane = paneOf(form.closest(".pane"));
  const files = pane.code.current();
  button.setAttribute("aria-disabled", "true");
  button.textContent = say("sending");
  const body = new URLSearchParams(new FormData(form));
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    if (response.redirected || !replace(form.dataset.handIn, await response.text())) return form.submit();
    if (response.ok) {
      pane.code.draft.handedIn(files);
      pane.root.querySelector("[data-piece=checked]")?.remove();
      form.elements.key.value = freshKey();
    }
    poll(sectionOf(form));
  } catch {
    const what = sectionOf(form).querySelector("h3").textContent;
    const isQueued = enqueue({ url: form.action, body, what });
    if (isQueued) form.elements.key.value = freshKey();
    pane.root.querySelector("[data-kept]").textContent = say(isQueued ? "queued" : "notsent");
  } finally {
    button.replaceChildren(...label);
    button.removeAttribute("aria-disabled");
  }
  return undefined;
}

/** Ask for the verdict until there is one. */
export async function poll(section) {
  const until = Date.now() + POLL_FOR;
  for (let wait = POLL_FIRST; Date.now() < until; wait = Math.min(wait * 1.3, POLL_MOST)) {
    const waiting = section.querySelector("[data-poll]");
    if (!waiting) return;
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.hidden) continue;
    try {
      const response = await fetch(waiting.dataset.poll, { headers: { "X-Requested-With": "fetch" } });
      if (response.ok) replace(waiting.id, await response.text());
      else if (response.status < 500) return;
    } catch {
      wait = POLL_MOST;
    }
  }
}

/** Put the server's answer in place of the part of this page with the same id; false when it isn't that part. */
function replace(id, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(id);
  const old = document.getElementById(id);
  if (!fresh || !old) return false;
  const wasFinished = old.hasAttribute("data-finished");
  const section = sectionOf(old);
  old.replaceWith(document.adoptNode(fresh));
  if (fresh.dataset.state === "passed") section.dataset.state = "passed";
  if (fresh.hasAttribute("data-finished") && !wasFinished) refreshPage();
  return true;
}

/** The lesson is finished: show so where the page speaks of it. */
async function refreshPage() {
  const answer = fetch(location.href).then((response) => (response.ok ? response.text() : ""));
  const page = new DOMParser().parseFromString(await answer.catch(() => ""), "text/html");
  for (const selector of ["#finish", ".pager"]) {
    const fresh = page.querySelector(selector);
    if (fresh) document.querySelector(selector)?.replaceWith(document.adoptNode(fresh));
  }
}

function freshKey() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
