// What a run shows: Page, Response and Console. Text only; markup goes to the sandboxed frame alone.

import { Console } from "./console.js";
import { Frame } from "./frame.js";
import { makeTabs } from "./tabs.js";
import { element, part, say } from "./words.js";

const VIEWS = ["page", "response", "console"];
const MOST_BODY = 20_000;
const article = document.querySelector("article[data-lesson]");

export class Output {
  #select;
  #frame;

  /** `does` holds what the reader can ask for: visit(request), back(), reload(), showLine(trouble). */
  constructor(pane, does) {
    this.root = part("output");
    pane.append(this.root);
    this.does = does;
    this.console = new Console(this.#one("[data-console]"));
    const panels = VIEWS.map((view) => this.#one(`[data-view="${view}"]`));
    this.#select = makeTabs(this.#one(".viewtabs"), panels);
    this.#one("[data-back]").addEventListener("click", does.back);
    this.#one("[data-reload]").addEventListener("click", does.reload);
    this.#one(".address").addEventListener("submit", (event) => {
      event.preventDefault();
      does.visit(this.#one("[name=address]").value);
    });
  }

  /** Leave the page. */
  end() {
    this.#frame?.end();
    this.root.remove();
  }

  #one(selector) {
    return this.root.querySelector(selector);
  }

  /** Show one view; a script has a console only. */
  show(view) {
    this.#select(VIEWS.indexOf(view));
  }

  forApp(isApp) {
    this.#one(".viewtabs").hidden = !isApp;
    if (!isApp) this.show("console");
  }

  clear() {
    this.console.clear();
    this.#one("[data-trouble]").replaceChildren();
    this.#one("[data-quiet]").hidden = true;
  }

  /** Say politely what happened. */
  status(text) {
    this.#one("[data-status]").textContent = text;
  }

  /** Show how long the program has been running. */
  seconds(text) {
    this.#one("[data-seconds]").textContent = text;
  }

  /** Show how much of Python has come, in MB; null hides the bar. */
  loading(progress) {
    this.#one("[data-load]").hidden = !progress;
    this.#one("[data-views]").hidden = Boolean(progress);
    if (!progress) return;
    const bar = this.#one("progress");
    const amount = this.#one("[data-amount]");
    if (progress.total) {
      bar.max = progress.total;
      bar.value = progress.loaded;
      const mb = (bytes) => (bytes / 1e6).toFixed(1);
      amount.textContent = say("amount", { loaded: mb(progress.loaded), total: mb(progress.total) });
    } else {
      bar.removeAttribute("value");
      amount.textContent = "";
    }
  }

  /** Offer what is left when Python can't be loaded. */
  cannotLoad(canRetry) {
    this.loading(null);
    this.#one("[data-views]").hidden = true;
    this.#one("[data-failed]").hidden = false;
    this.#one("[data-do=retry]").hidden = !canRetry;
    this.#one("[data-do=saved]").hidden = !article || Boolean(this.root.closest(".exercise"));
  }

  /** Fetch what this code answered when the server ran it, and show it here. */
  async showSaved() {
    const { part, block } = this.#place();
    let found = null;
    try {
      const response = await fetch("output/");
      const page = new DOMParser().parseFromString(response.ok ? await response.text() : "", "text/html");
      found = page.querySelector(`[data-output-of="${CSS.escape(block)}"][data-part="${CSS.escape(part)}"]`);
    } catch {
      // Offline: said below.
    }
    this.#one("[data-saved]").replaceChildren(found ? document.adoptNode(found) : element("p", say("nosaved")));
  }

  #place() {
    const pane = this.root.closest(".pane");
    return { part: pane.dataset.part ?? "", block: pane.closest("[data-block-id]").dataset.blockId };
  }

  hideFailure() {
    this.#one("[data-failed]").hidden = true;
    this.#one("[data-views]").hidden = false;
  }

  /** Show where the app answered and what. */
  answered({ request, answer, chain, outside, tooMany }, canGoBack) {
    this.#one("[name=address]").value = request.path;
    this.#one("[data-method]").textContent = request.method;
    this.#one("[data-back]").disabled = !canGoBack;
    this.#response({ answer, chain, outside, tooMany });
    this.#frame ??= new Frame(this.#one("[data-frame]"), this.does);
    this.#frame.show(answer, request.path);
  }

  #response({ answer, chain, outside, tooMany }) {
    const steps = chain.map(({ method, path, status, reason, location }) => {
      const step = element("li");
      step.append(element("code", `${method} ${path}`), ` ${status} ${reason}`);
      if (location) step.append(` → `, element("code", location));
      return step;
    });
    this.#one("[data-chain]").replaceChildren(...steps);
    const note = this.#one("[data-chain-note]");
    note.textContent = tooMany ? say("toomany") : outside ? say("outside") : "";
    note.hidden = !note.textContent;
    const rows = answer.headers.map(([name, value]) => {
      const row = element("tr");
      const head = element("th", name);
      head.scope = "row";
      row.append(head, element("td", value));
      return row;
    });
    this.#one("[data-headers]").replaceChildren(...rows);
    const body = answer.body.slice(0, MOST_BODY);
    this.#one("[data-body]").textContent = body.length < answer.body.length ? `${body}\n…` : body;
  }

  /** Put a Python error in plain words first, with its line as a button and the trace folded. */
  trouble(trouble) {
    const { plain, type, message, file, line, trace } = trouble;
    this.console.drop(trace);
    const box = part("trouble");
    box.querySelector("[data-plain]").textContent = plain || `${type}: ${message}`;
    box.querySelector("[data-error]").textContent = plain ? [type, message].filter(Boolean).join(": ") : "";
    const place = box.querySelector("[data-place]");
    place.hidden = !(file && line);
    place.textContent = say("line", { file, line });
    place.addEventListener("click", () => this.does.showLine(trouble));
    box.querySelector("details").hidden = !trace;
    box.querySelector("[data-trace]").textContent = trace;
    this.#one("[data-trouble]").replaceChildren(box);
    this.show("console");
  }

  /** Say that a program printed nothing, instead of showing an empty box. */
  noteSilence() {
    this.#one("[data-quiet]").hidden = !this.console.isEmpty;
  }
}
