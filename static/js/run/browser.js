// A small browser in front of a learner's app: addresses, links, forms, redirects, going back.

const MOST_REDIRECTS = 10;
const OWN_HOSTS = new Set(["app.invalid", "testserver", "localhost", "127.0.0.1"]);
const KEEPS_METHOD = new Set([307, 308]);

/** The path of an address inside the app, seen from `base`; null when it leads to another site. */
export function insideApp(address, base = "/") {
  let url;
  try {
    url = new URL(address, new URL(base, "http://app.invalid"));
  } catch {
    return null;
  }
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  return isWeb && OWN_HOSTS.has(url.hostname) ? url.pathname + url.search : null;
}

/** A request as an author or reader writes it: the body is JSON, or a form like title=Tester&city=Chennai. */
export function requestOf(method, path, body = "") {
  const request = { method, path };
  if (!body) return request;
  if (/^\s*[[{]/.test(body)) {
    request.body = body;
    request.headers = { "Content-Type": "application/json" };
  } else {
    request.form = [...new URLSearchParams(body)];
  }
  return request;
}

/** Remembers where the reader is, and asks the app through `ask(message)`. */
export class Browser {
  #ask;
  #visited = [];

  constructor(ask) {
    this.#ask = ask;
  }

  get canGoBack() {
    return this.#visited.length > 1;
  }

  get last() {
    return this.#visited.at(-1);
  }

  /** Send a request and follow redirects. Returns {request, answer, chain, outside, tooMany}. */
  async go(request, { remember = true } = {}) {
    const chain = [];
    for (let hops = 0; ; hops += 1) {
      const answer = readAnswer(await this.#ask({ op: "request", ...request }));
      const location = answer.location;
      chain.push({ method: request.method, path: request.path, status: answer.status, reason: answer.reason, location });
      const next = location === null ? null : insideApp(location, request.path);
      const tooMany = next !== null && hops === MOST_REDIRECTS;
      if (next === null || tooMany) {
        if (remember) this.#remember(request);
        return { request, answer, chain, outside: next === null ? location : null, tooMany };
      }
      request = KEEPS_METHOD.has(answer.status) ? { ...request, path: next } : { method: "GET", path: next };
    }
  }

  /** Ask for something that belongs to the page shown, such as its style sheet. */
  async fetch(path) {
    return readAnswer(await this.#ask({ op: "request", method: "GET", path }));
  }

  back() {
    this.#visited.pop();
    return this.go(this.last, { remember: false });
  }

  reload() {
    return this.go(this.last, { remember: false });
  }

  #remember(request) {
    if (request.method === "GET" && this.last?.method === "GET" && this.last.path === request.path) return;
    this.#visited.push(request);
    if (this.#visited.length > 50) this.#visited.shift();
  }
}

/** An answer in known types, whatever was sent; a location only where it means a redirect. */
function readAnswer(value) {
  const headers = (Array.isArray(value.headers) ? value.headers : [])
    .slice(0, 100)
    .filter((pair) => Array.isArray(pair))
    .map(([name, content]) => [String(name).slice(0, 200), String(content).slice(0, 4000)]);
  const header = (name) => headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
  const status = Number.isInteger(value.status) ? value.status : 0;
  return {
    status,
    reason: String(value.reason ?? "").slice(0, 100),
    headers,
    type: (header("content-type") ?? "").toLowerCase(),
    body: typeof value.body === "string" ? value.body : "",
    location: status >= 300 && status < 400 ? header("location") : null,
    trouble: value.trouble ?? null,
  };
}
