// The inside of the lesson's browser: shows the pages that a learner's app answers with, in a frame that has
// no rights. It runs no script of theirs; links and forms are told to the page around, which asks the app.
//   in:  {type: "show", url, contentType, body}, {type: "resource", url, css | dataUrl}
//   out: {type: "ready"}, {type: "shown", title}, {type: "navigate", method, path, form},
//        {type: "outside", url}, {type: "need", url, kind: "css" | "image"}
(() => {
  const MOST_RESOURCES = 60;
  const ACTIVE = "script, noscript, iframe, frame, frameset, object, embed, base, meta[http-equiv], link:not([rel~=stylesheet])";
  const ADDRESSES = ["href", "src", "action", "formaction", "xlink:href", "data", "poster", "background"];
  const WHITE_PAGE = ":where(html) { background: #fff; color: #000; color-scheme: light; }";
  const PLAIN_TEXT = "pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 ui-monospace, monospace; }";

  const tell = (message) => window.parent.postMessage(message, "*");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(WHITE_PAGE);
  let address = new URL("http://127.0.0.1/");
  let waiting = new Map();

  // Showing -----------------------------------------------------------------------------------------

  function show({ url, contentType, body }) {
    address = new URL(url);
    waiting = new Map();
    const isPage = /^(text\/html|application\/xhtml\+xml)\b/.test(contentType || "text/html");
    const page = isPage ? new DOMParser().parseFromString(body, "text/html") : asText(contentType, body);
    const root = page.documentElement;
    disarm(root);
    awaitResources(root);
    document.replaceChild(document.adoptNode(root), document.documentElement);
    document.adoptedStyleSheets = [sheet];
    window.scrollTo(0, 0);
    for (const [key, { kind }] of waiting) tell({ type: "need", url: key, kind });
    const title = root.querySelector("head > title");
    tell({ type: "shown", title: title ? title.textContent.trim().slice(0, 200) : "" });
    if (address.hash) scrollToFragment(address.hash);
    else root.querySelector("[autofocus]")?.focus({ preventScroll: true });
  }

  /** JSON laid out, anything else as it came. */
  function asText(contentType, body) {
    let text = body;
    if (/[/+]json\b/.test(contentType)) {
      try {
        text = JSON.stringify(JSON.parse(body), null, 2);
      } catch {
        // Not JSON after all: shown as it came.
      }
    }
    const page = document.implementation.createHTMLDocument("");
    const style = page.createElement("style");
    style.textContent = PLAIN_TEXT;
    const pre = page.createElement("pre");
    pre.textContent = text;
    page.head.append(style);
    page.body.append(pre);
    return page;
  }

  /** Take out whatever could act: the policy of this frame forbids it too, with less grace. */
  function disarm(root) {
    for (const element of root.querySelectorAll(ACTIVE)) element.remove();
    for (const element of [root, ...root.querySelectorAll("*")]) {
      for (const { name, value } of [...element.attributes]) {
        const isScript = ADDRESSES.includes(name) && /^[\s\0-\x1f]*javascript:/i.test(value);
        if (/^on/i.test(name) || isScript || name === "srcset" || name === "ping") element.removeAttribute(name);
      }
    }
  }

  // Style sheets and pictures of the app -----------------------------------------------------------------

  function awaitResources(root) {
    for (const link of root.querySelectorAll("link[rel~=stylesheet][href]")) {
      const style = link.ownerDocument.createElement("style");
      if (link.media) style.media = link.media;
      link.replaceWith(style);
      need(link.getAttribute("href"), "css", style);
    }
    for (const image of root.querySelectorAll("img[src], input[type=image][src]")) {
      if (!/^data:/i.test(image.getAttribute("src"))) {
        need(image.getAttribute("src"), "image", image);
        image.removeAttribute("src");
      }
    }
  }

  function need(reference, kind, element) {
    const url = resolve(reference);
    if (!url || url.origin !== address.origin) return;
    const key = url.pathname + url.search;
    if (!waiting.has(key) && waiting.size < MOST_RESOURCES) waiting.set(key, { kind, elements: [] });
    waiting.get(key)?.elements.push(element);
  }

  function receive({ url, css, dataUrl }) {
    const entry = waiting.get(url);
    waiting.delete(url);
    for (const element of entry?.elements ?? []) {
      if (entry.kind === "css" && typeof css === "string") element.textContent = css;
      if (entry.kind === "image" && /^data:image\//.test(dataUrl)) element.setAttribute("src", dataUrl);
    }
  }

  // Leaving -------------------------------------------------------------------------------------------

  function resolve(reference) {
    try {
      return new URL(reference, address);
    } catch {
      return null;
    }
  }

  function go(url, method = "GET", form = null) {
    if (url.origin === address.origin) tell({ type: "navigate", method, path: url.pathname + url.search + url.hash, form });
    else if (/^https?:$/.test(url.protocol)) tell({ type: "outside", url: url.href });
  }

  function scrollToFragment(hash) {
    const name = decodeURIComponent(hash.slice(1));
    const target = document.getElementById(name) ?? document.querySelector(`a[name="${CSS.escape(name)}"]`);
    if (target) target.scrollIntoView();
    else if (!name || name === "top") window.scrollTo(0, 0);
  }

  function onClick(event) {
    const link = event.target instanceof Element && event.target.closest("a, area");
    const reference = link && (link.getAttribute("href") ?? link.getAttribute("xlink:href"));
    if (reference === null || reference === false) return;
    event.preventDefault();
    const url = resolve(reference);
    if (!url) return;
    const samePage = url.href.split("#")[0] === address.href.split("#")[0];
    if (samePage && reference.includes("#")) scrollToFragment(url.hash);
    else go(url);
  }

  function onSubmit(event) {
    event.preventDefault();
    const { target, submitter } = event;
    const said = (name) => submitter?.getAttribute(`form${name}`) ?? target.getAttribute(name) ?? "";
    const method = said("method").toUpperCase();
    if (method === "DIALOG") return;
    const url = resolve(said("action") || address.href);
    if (!url) return;
    const form = [...new FormData(target, submitter)].map(([name, value]) => [
      name,
      typeof value === "string" ? value : value.name,
    ]);
    if (method === "POST") {
      go(url, "POST", form);
    } else {
      url.search = new URLSearchParams(form).toString();
      go(url);
    }
  }

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || !data) return;
    if (data.type === "show") show(data);
    if (data.type === "resource") receive(data);
  });
  window.addEventListener("click", onClick, true);
  window.addEventListener("auxclick", onClick, true);
  window.addEventListener("submit", onSubmit, true);
  tell({ type: "ready" });
})();
