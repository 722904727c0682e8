// For those who are signed in: keep the site usable without a network, and send later what was done without one.

const QUEUE = "queue";
const RETRY_AFTER = 30_000;
const account = document.documentElement.dataset.account ?? "";
const words = document.querySelector("#offline-words")?.dataset ?? {};
const banner = document.querySelector("#offline-banner");

if (account && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {});
}

function queuedOfAll() {
  try {
    const all = JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
    return Array.isArray(all) ? all : [];
  } catch {
    return [];
  }
}

function queued() {
  return queuedOfAll().filter((item) => item.account === account);
}

/** Keep these as what waits of this account; what another account left waits on. */
function store(items) {
  const all = [...queuedOfAll().filter((item) => item.account !== account), ...items];
  try {
    if (all.length) localStorage.setItem(QUEUE, JSON.stringify(all));
    else localStorage.removeItem(QUEUE);
    return true;
  } catch {
    return false;
  }
}

/** Keep a form's values to be sent when there is a network again. Returns whether they are kept. */
export function enqueue({ url, body, what }) {
  if (!account) return false;
  const values = [...new URLSearchParams(body)].filter(([name]) => name !== "csrfmiddlewaretoken");
  const key = new URLSearchParams(values).get("key") ?? url;
  const others = queued().filter((item) => item.key !== key);
  const isKept = store([...others, { account, url, values, what, key, page: location.pathname }]);
  setTimeout(flush, RETRY_AFTER);
  show();
  return isKept;
}

async function send(item) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const response = await fetch(item.url, {
    method: "POST",
    body: new URLSearchParams([...item.values, ["late", "1"]]),
    headers: { "X-CSRFToken": token, Accept: "application/json" },
  });
  const isSignedOut = response.redirected && new URL(response.url).pathname.startsWith("/accounts/");
  if (response.status >= 500 || response.status === 429 || isSignedOut) throw new Error(String(response.status));
  return response.ok ? "" : response.status === 409 ? words.conflict : words.refused;
}

let isSending = false;
let wasSent = false;

/** Send what waits, oldest first. What the server refuses stays, with the reason, until the person looks at it. */
async function flush() {
  if (isSending || !navigator.onLine) return;
  isSending = true;
  try {
    for (const item of queued().filter(({ problem }) => !problem)) {
      const problem = await send(item);
      const others = queued().filter(({ key }) => key !== item.key);
      store(problem ? [...others, { ...item, problem }] : others);
      wasSent ||= !problem;
    }
  } catch {
    // The network went again, or the server can't answer: the rest waits.
    setTimeout(flush, RETRY_AFTER);
  } finally {
    isSending = false;
    show();
  }
}

function line(text, item) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  if (!item) return paragraph;
  const link = document.createElement("a");
  link.href = item.page;
  link.textContent = item.what;
  const forget = document.createElement("button");
  forget.type = "button";
  forget.className = "linklike";
  forget.textContent = words.forget;
  forget.addEventListener("click", () => {
    store(queued().filter(({ key }) => key !== item.key));
    show();
  });
  paragraph.prepend(link, ": ");
  paragraph.append(" ", forget);
  return paragraph;
}

function show() {
  if (!banner) return;
  const items = queued();
  const waiting = items.filter(({ problem }) => !problem).length;
  const lines = [];
  if (!navigator.onLine) lines.push(line(words.offline));
  if (wasSent && !waiting) lines.push(line(words.sent));
  if (waiting) lines.push(line(words.waiting.replace("{}", waiting)));
  for (const item of items.filter(({ problem }) => problem)) lines.push(line(item.problem, item));
  banner.replaceChildren(...lines);
  banner.hidden = !lines.length;
  document.documentElement.toggleAttribute("data-offline", !navigator.onLine);
}

addEventListener("online", () => {
  show();
  flush();
});
addEventListener("offline", show);
show();
flush();

// Forms that can wait for the network, and those that can't.
document.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if ("waits" in form.dataset) {
    enqueue({ url: form.action, body: new URLSearchParams(new FormData(form)), what: form.dataset.waits });
    if ("goesOn" in form.dataset) document.querySelector('[data-go="next"]')?.click();
    return;
  }
  banner?.append(line(words.needs));
  banner?.scrollIntoView({ block: "nearest" });
});
