// The service worker: opened and kept lessons, and the Python that runs in them, work without a network.
// Pages are kept for one account at a time. The server names it; another name empties the store first.

const ASSETS = "assets";
const PAGES = "pages";
const OWNER = "/offline-owner";
const PATIENCE = 4000;

const isAsset = ({ pathname }) => pathname.startsWith("/static/") || pathname.startsWith("/runtime/");
const isPage = ({ pathname }) => pathname.startsWith("/courses/") || pathname.startsWith("/learn/");
const isDoor = ({ pathname }) => pathname.startsWith("/accounts/");
const isPicture = ({ pathname }) => pathname.startsWith("/media/");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("range")) return;
  if (isAsset(url)) event.respondWith(asset(request));
  else if (isPicture(url)) event.respondWith(fromNetwork(request, () => caches.match(request)));
  else if (isPage(url) && (request.mode === "navigate" || url.pathname.endsWith("/output/"))) {
    event.respondWith(page(event, request));
  } else if (isDoor(url) && request.mode === "navigate") {
    event.respondWith(door(request));
  }
});

/** Files whose names change with their content: once kept, never asked for again. */
async function asset(request) {
  const kept = await caches.match(request, { cacheName: ASSETS });
  if (kept) return kept;
  const response = await fetch(request);
  const control = response.headers.get("cache-control") ?? "";
  if (response.ok && control.includes("immutable")) {
    const copy = response.clone();
    caches.open(ASSETS).then((cache) => keepAsset(cache, request, copy)).catch(() => {});
  }
  return response;
}

/** Keep a file; a file of one version of Python drives those of other versions out. */
async function keepAsset(cache, request, response) {
  await cache.put(request, response);
  const version = versionOf(request.url);
  if (!version) return;
  for (const kept of await cache.keys()) {
    if (![null, version].includes(versionOf(kept.url))) await cache.delete(kept);
  }
}

function versionOf(url) {
  return new URL(url).pathname.match(/^\/runtime\/([^/]+)\//)?.[1] ?? null;
}

async function page(event, request) {
  const answer = fetch(request);
  event.waitUntil(answer.then((response) => keep(request, response.clone()), () => {}));
  return fromNetwork(request, () => keptPage(request), answer);
}

/** Who comes to sign in finds nothing that an earlier session has left. */
async function door(request) {
  const response = await fetch(request);
  await keep(request, response).catch(() => {});
  return response;
}

/** The network's answer; what is kept when there is none, or none soon. */
async function fromNetwork(request, kept, answer = fetch(request)) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  }).then(kept);
  try {
    return (await Promise.race([answer, late])) ?? (await answer);
  } catch {
    return (await kept()) ?? (request.mode === "navigate" ? unavailable() : Response.error());
  } finally {
    clearTimeout(timer);
  }
}

async function keptPage(request) {
  return caches.match(request, { cacheName: PAGES, ignoreSearch: true, ignoreVary: true });
}

/** Keep a page of the account it is for; pages of another account go first. */
async function keep(request, response) {
  const owner = response.headers.get("x-offline-key");
  if (!owner) return;
  const cache = await caches.open(PAGES);
  const before = await (await cache.match(OWNER))?.text();
  if (before !== owner) {
    await caches.delete(PAGES);
    if (owner === "none") return;
    await (await caches.open(PAGES)).put(OWNER, new Response(owner));
  }
  if (owner === "none" || !response.ok || response.redirected) return;
  await (await caches.open(PAGES)).put(request, response);
}

function unavailable() {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>You are offline</title><h1>You are offline</h1>
<p>This page was not opened on this device before. <a href="/learn/">My lessons</a> lists those that were.</p></html>`;
  return new Response(html, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
