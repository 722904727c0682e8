// A pane whose code runs: its states, from the first press to the answer.

import { Browser, insideApp, requestOf } from "./browser.js";
import { Code } from "./code.js";
import { Output } from "./output.js";
import { dropSpare, Ended, keepSpare, take, warm } from "./runtime.js";
import { packagesOf } from "./sources.js";
import { readTrouble } from "./trouble.js";
import { runtimeBase, say } from "./words.js";

const LIMIT_SECONDS = 10;
const SHOW_SECONDS_AFTER = 1;
const panes = new WeakMap();

/** The one controller of a pane's element. */
export function paneOf(root) {
  if (!panes.has(root)) panes.set(root, new Pane(root));
  return panes.get(root);
}

/** Boot Python ahead of a run that is likely. */
export function prepare(root) {
  if (runtimeBase && typeof WebAssembly === "object") warm(paneOf(root).packages());
}

export class Pane {
  #busy = false;
  #clock = 0;
  #startedWith = "";
  runtime = null;
  output = null;

  constructor(root) {
    this.root = root;
    this.kind = root.dataset.run;
    this.code = new Code(root, () => this.#offerReset());
    this.browser = new Browser((message) => this.runtime.ask(message));
  }

  #button(name) {
    return this.root.querySelector(`.runner [data-do="${name}"]`);
  }

  #state(state) {
    this.root.dataset.runnerState = state;
    this.#busy = state === "loading" || state === "running";
    const run = this.#button("run");
    run.setAttribute("aria-disabled", String(this.#busy));
    run.querySelector("[data-label]").textContent = say(state === "loading" ? "starting" : "run");
    this.#offerReset();
    if (!this.#busy) this.#stopClock();
  }

  packages() {
    return packagesOf(this.code.current());
  }

  #needOutput() {
    this.output ??= new Output(this.root, {
      visit: (address) => this.#visit(address),
      back: () => this.#use(() => this.browser.back()),
      reload: () => (this.#isStale() ? this.run(this.browser.last) : this.#use(() => this.browser.reload())),
      send: (request) => this.send(request),
      refuse: () => this.output.status(say("outside")),
      fetch: (path) => this.browser.fetch(path).catch(() => null),
      showLine: ({ file, line }) => this.code.files.showLine(file, line),
    });
    return this.output;
  }

  // Running -----------------------------------------------------------------------------------------

  /** Start the program in a fresh Python, and open the first address when it is an app. */
  async run(request = this.#firstRequest()) {
    if (this.#busy) return;
    this.#state("running");
    await this.code.draft.meetServer();
    await this.#guard(async () => {
      if (!(await this.#startProgram())) return;
      if (this.kind === "app") {
        this.browser = new Browser((message) => this.runtime.ask(message));
        this.#show(await this.browser.go(request));
      } else {
        this.#finish(await this.runtime.ask({ op: "run", stdin: "" }));
      }
      keepSpare(this.#sparePackages());
    });
  }

  /** Run check files against the program in a fresh Python; null when it doesn't come to an answer. */
  async check(checks) {
    if (this.#busy) return null;
    this.#state("running");
    const isFirst = !this.output;
    let results = null;
    await this.#guard(async () => {
      if (!(await this.#startProgram())) return;
      results = (await this.runtime.ask({ op: "check", checks })).results;
      this.#state("finished");
      this.output.show("console");
      this.output.noteSilence();
      this.runtime.end("checked");
      keepSpare(this.packages());
      if (isFirst && this.output.console.isEmpty) this.#dropOutput();
    });
    return Array.isArray(results) ? results : null;
  }

  /** Start the code as it stands in a fresh Python; false when it didn't come so far. */
  async #startProgram() {
    const output = this.#needOutput();
    const files = this.code.current();
    this.code.files.clearMarks();
    output.hideFailure();
    output.clear();
    output.status("");
    output.forApp(this.kind === "app");
    if (!runtimeBase || typeof WebAssembly !== "object" || typeof Worker !== "function") {
      this.#cannotLoad(false);
      return false;
    }
    await this.#startPython(packagesOf(files));
    const answer = await this.runtime.ask({ op: "start", kind: this.kind, files });
    this.#startedWith = JSON.stringify(files);
    const trouble = readTrouble(answer.trouble);
    if (trouble || answer.ok === false) this.#fail(trouble);
    return !trouble && answer.ok !== false;
  }

  #dropOutput() {
    this.output?.end();
    this.output = null;
    this.#offerReset();
  }

  /** Send one request: to the app that runs, or to a fresh one when none does or the code has changed. */
  send(request) {
    if (this.#busy) return undefined;
    const isOver = !this.runtime || this.runtime.hasEnded;
    if (isOver || (request.method === "GET" && this.#isStale())) return this.run(request);
    return this.#use(() => this.browser.go(request));
  }

  #visit(address) {
    const path = insideApp(address.startsWith("/") || address.includes("://") ? address : `/${address}`);
    if (path === null) return this.output.status(say("outside"));
    return this.send({ method: "GET", path });
  }

  stop() {
    this.runtime?.end("user");
  }

  cancel() {
    this.runtime?.end("cancel");
  }

  /** Use the app that runs, as running. */
  async #use(action) {
    if (this.#busy || !this.browser.last) return;
    if (!this.runtime || this.runtime.hasEnded) return void this.run(this.browser.last);
    await this.#guard(async () => {
      this.#running();
      this.#show(await action());
    });
  }

  async #guard(action) {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
    } finally {
      if (this.#busy && !this.runtime?.hasEnded) this.#state("finished");
    }
  }

  /** Have a fresh runtime ready; shows what arrives while it isn't. */
  async #startPython(packages) {
    this.runtime?.end("replaced");
    const runtime = (this.runtime = take(packages));
    runtime.onend = (reason) => this.runtime === runtime && this.#ended(reason);
    runtime.onconsole = (text) => this.output.console.write(text);
    if (!runtime.isReady) {
      this.#state("loading");
      this.output.loading(runtime.progress ?? { loaded: 0, total: 0 });
      runtime.onprogress = (progress) => this.output.loading(progress);
      await runtime.ready;
      this.output.loading(null);
    }
    this.#running();
  }

  #running() {
    this.#state("running");
    const begun = performance.now();
    this.#stopClock();
    this.#clock = setInterval(() => {
      const seconds = Math.floor((performance.now() - begun) / 1000);
      if (seconds < SHOW_SECONDS_AFTER) return;
      this.#button("stop").hidden = false;
      this.output.seconds(say("running", { seconds }));
    }, 250);
  }

  #stopClock() {
    clearInterval(this.#clock);
    this.output?.seconds("");
    const stop = this.#button("stop");
    if (stop.contains(document.activeElement)) this.#button("run").focus();
    stop.hidden = true;
  }

  // Outcomes ----------------------------------------------------------------------------------------

  #show(visit) {
    const trouble = readTrouble(visit.answer.trouble);
    this.output.answered(visit, this.browser.canGoBack);
    if (trouble) return this.#fail(trouble);
    this.output.show("page");
    this.output.noteSilence();
    this.output.status(say("finished", { status: visit.answer.status }));
    this.#state("finished");
  }

  #finish(answer) {
    const trouble = readTrouble(answer.trouble);
    if (trouble) return this.#fail(trouble);
    this.output.noteSilence();
    this.output.status(say("done"));
    this.#state("finished");
  }

  #fail(trouble) {
    if (trouble) {
      this.output.trouble(trouble);
      this.code.files.mark(trouble.file, trouble.line);
    }
    this.output.status(say("failed"));
    this.#state("error");
  }

  #ended(reason) {
    if (reason === "checked" || reason === "replaced") return;
    this.output?.loading(null);
    if (reason === "load") return this.#cannotLoad(true);
    const words = { time: "stopped", user: "ended", output: "flooded", crash: "crashed", memory: "asleep" };
    this.#state(["time", "output", "crash"].includes(reason) ? "error" : "idle");
    const place = reason === "time" && this.runtime?.place;
    const where = place ? ` ${say("reached", place)}` : "";
    this.output?.status(words[reason] ? say(words[reason], { seconds: LIMIT_SECONDS }) + where : "");
    if (place) this.code.files.mark(place.file, place.line);
    if (reason === "cancel") this.#dropOutput();
  }

  #cannotLoad(canRetry) {
    this.#state("error");
    this.output.cannotLoad(canRetry);
  }

  #firstRequest() {
    const own = this.browser.last ?? null;
    if (own?.method === "GET") return own;
    const proposed = this.root.querySelector(".tries button");
    return proposed ? requestOf(proposed.dataset.method, proposed.dataset.path, proposed.dataset.body) : { method: "GET", path: "/" };
  }

  #isStale() {
    return this.#startedWith !== JSON.stringify(this.code.current());
  }

  /** The reader of one pane of a pair often runs the other one next. */
  #sparePackages() {
    const others = this.root.closest(".pair")?.querySelectorAll(".pane[data-run]") ?? [this.root];
    return [...new Set([...others].flatMap((other) => paneOf(other).packages()))];
  }

  #offerReset() {
    this.#button("reset").hidden = this.#busy || (!this.code.isChanged() && !this.output);
  }

  /** Put away what came out, and go back to the original code when the reader is sure. */
  reset() {
    if (!this.code.mayReset()) return;
    this.runtime?.end("cancel");
    this.#dropOutput();
    this.code.reset();
    this.#state("idle");
  }
}

/** What the buttons of a pane mean. */
export function act(root, action, button) {
  const pane = paneOf(root);
  const actions = {
    run: () => pane.run(),
    retry: () => {
      dropSpare();
      return pane.run();
    },
    stop: () => pane.stop(),
    cancel: () => pane.cancel(),
    reset: () => pane.reset(),
    edit: () => pane.code.edit(),
    saved: () => pane.output.showSaved(),
    try: () => pane.send(requestOf(button.dataset.method, button.dataset.path, button.dataset.body)),
  };
  return actions[action]?.();
}
