// Keeping a module on the device: its size first, then its pages, pictures and, if wanted, Python.

const box = document.querySelector("[data-keep]");
const PAGES = "pages";
const ASSETS = "assets";

function megabytes(bytes) {
  return new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(bytes / 1e6);
}

function assetsOf(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const links = [...parsed.querySelectorAll("link[href], script[src], img[src], use[href]")];
  return links
    .map((element) => new URL(element.getAttribute("src") ?? element.getAttribute("href"), location.href))
    .filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/"))
    .map((url) => url.pathname);
}

async function keepPage(url, account) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok || response.headers.get("x-offline-key") !== account) throw new Error(url);
  const html = await response.clone().text();
  const pages = await caches.open(PAGES);
  await pages.put("/offline-owner", new Response(account));
  await pages.put(url, response);
  const assets = await caches.open(ASSETS);
  await Promise.all(assetsOf(html).map(async (path) => (await assets.match(path)) || assets.add(path)));
}

async function start() {
  const button = box.querySelector("[data-keep-now]");
  const status = box.querySelector("[role=status]");
  const bar = box.querySelector("progress");
  const python = box.querySelector("[name=python]");
  const plan = await (await fetch(box.dataset.keep, { headers: { Accept: "application/json" } })).json();
  box.querySelector("[data-size]").textContent = megabytes(plan.bytes);
  box.querySelector("[data-count]").textContent = plan.pages.length - 1;
  box.querySelector("[data-python-size]").textContent = megabytes(plan.runtime_bytes);
  box.querySelector("[data-python]").hidden = !plan.runtime.length;
  box.querySelector("[data-plan]").hidden = false;
  const pages = await caches.open(PAGES);
  const lessons = plan.pages.slice(1);
  const isKept = async () => (await Promise.all(lessons.map((url) => pages.match(url)))).every(Boolean);
  const say = async () => {
    status.textContent = (await isKept()) ? status.dataset.kept : "";
    box.querySelector("[data-forget]").hidden = !(await isKept());
  };
  await say();

  button.addEventListener("click", async () => {
    const extra = python.checked ? plan.runtime : [];
    const assets = await caches.open(ASSETS);
    const steps = [
      ...plan.pages.map((url) => () => keepPage(url, plan.account)),
      ...plan.images.map((url) => async () => (await caches.open(PAGES)).add(url)),
      ...extra.map((url) => async () => (await assets.match(url)) || assets.add(url)),
    ];
    bar.max = steps.length;
    bar.hidden = false;
    button.disabled = true;
    try {
      for (const [done, step] of steps.entries()) {
        bar.value = done;
        await step();
      }
      await say();
    } catch {
      status.textContent = status.dataset.failed;
    } finally {
      bar.hidden = true;
      button.disabled = false;
    }
  });
  box.querySelector("[data-forget]").addEventListener("click", async () => {
    await Promise.all(lessons.map((url) => pages.delete(url)));
    await say();
  });
}

if (box && "caches" in self) {
  box.hidden = false;
  box.addEventListener("toggle", () => start().catch(() => {
    box.querySelector("[role=status]").textContent = box.querySelector("[role=status]").dataset.failed;
  }), { once: true });
}
