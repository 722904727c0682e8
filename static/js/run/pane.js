// A pane whose code runs: its states, from the first press to the answer.

import { Browser, insideApp, requestOf } from "./browser.js";
import { Draft } from "./drafts.js";
import { Files } from "./files.js";
import { Output } from "./output.js";
import { Ended, keepSpare, take, warm } from "./runtime.js";
import { packagesOf } from "./sources.js";
import { part, runtimeBase, say } from "./words.js";

const LIMIT_SECONDS = 10;
const SHOW_SECONDS_AFTER = 1;
const UNDO_FOR = 10_000;
const ASK_FOR = 5_000;
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

/** What a program's trouble is, in known types: it may be forged. */
function readTrouble(value) {
  if (typeof value !== "object" || value === null) return null;
  const text = (key, most) => (typeof value[key] === "string" ? value[key].slice(0, most) : "");
  return {
    plain: text("plain", 1000),
    type: text("type", 200),
    message: text("message", 2000),
    file: text("file", 200),
    line: Number.isInteger(value.line) && value.line > 0 ? value.line : 0,
    trace: text("trace", 20_000),
  };
}

export class Pane {
  #busy = false;
  #clock = 0;
  #undo = 0;
  #startedWith = "";
  runtime = null;
  output = null;

  constructor(root) {
    this.root = root;
    this.kind = root.dataset.run;
    this.draft = new Draft(root, {
      say: (text) => this.#keep(text),
      take: (files) => this.#put(files),
      conflict: (other, choose) => this.#choose(other, choose),
    });
    this.files = new Files(root, () => this.#edited());
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
    return packagesOf(this.files.current());
  }

  #needOutput() {
    this.output ??= new Output(this.root, {
      visit: (address) => this.#visit(address),
      back: () => this.#use(() => this.browser.back()),
      reload: () => (this.#isStale() ? this.run(this.browser.last) : this.#use(() => this.browser.reload())),
      send: (request) => this.send(request),
      refuse: () => this.output.status(say("outside")),
      fetch: (path) => this.browser.fetch(path).catch(() => null),
      showLine: ({ file, line }) => this.files.showLine(file, line),
    });
    return this.output;
  }

  // Running -----------------------------------------------------------------------------------------

  /** Start the program in a fresh Python, and open the first address when it is an app. */
  async run(request = this.#firstRequest()) {
    if (this.#busy) return;
    this.#state("running");
    await this.draft.meetServer();
    const output = this.#needOutput();
    const files = this.files.current();
    this.files.clearMarks();
    output.hideFailure();
    output.clear();
    output.status("");
    output.forApp(this.kind === "app");
    if (!this.#canRun) return this.#cannotLoad(false);
    await this.#guard(async () => {
      await this.#start(packagesOf(files));
      const answer = await this.runtime.ask({ op: "start", kind: this.kind, files });
      this.#startedWith = JSON.stringify(files);
      const trouble = readTrouble(answer.trouble);
      if (trouble || answer.ok === false) return this.#fail(trouble);
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
    const output = this.#needOutput();
    const files = this.files.current();
    this.files.clearMarks();
    output.hideFailure();
    output.clear();
    output.status("");
    output.forApp(this.kind === "app");
    if (!this.#canRun) return this.#cannotLoad(false), null;
    let results = null;
    await this.#guard(async () => {
      await this.#start(packagesOf(files));
      const started = await this.runtime.ask({ op: "start", kind: this.kind, files });
      const trouble = readTrouble(started.trouble);
      if (trouble || started.ok === false) return this.#fail(trouble);
      results = (await this.runtime.ask({ op: "check", checks })).results;
      this.#state("finished");
      output.show("console");
      output.noteSilence();
      this.runtime.end("checked");
      keepSpare(packagesOf(files));
      if (isFirst && output.console.isEmpty) this.#dropOutput();
    });
    return Array.isArray(results) ? results : null;
  }

  get #canRun() {
    return Boolean(runtimeBase) && typeof WebAssembly === "object" && typeof Worker === "function";
  }

  #dropOutput() {
    this.output?.root.remove();
    this.output = null;
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
  async #start(packages) {
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
      this.files.mark(trouble.file, trouble.line);
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
    this.output?.status(words[reason] ? say(words[reason], { seconds: LIMIT_SECONDS }) : "");
    if (reason === "cancel") this.#dropOutput();
  }

  #cannotLoad(canRetry) {
    this.#state("error");
    this.output.cannotLoad(canRetry);
  }

  #firstRequest() {
    const own = this.browser.last ?? null;
    if (own?.method === "GET") return own;
    const first = this.root.querySelector('.tries [data-method="GET"]');
    return { method: "GET", path: first?.dataset.path ?? "/" };
  }

  #isStale() {
    return this.#startedWith !== JSON.stringify(this.files.current());
  }

  /** The reader of one pane of a pair often runs the other one next. */
  #sparePackages() {
    const others = this.root.closest(".pair")?.querySelectorAll(".pane[data-run]") ?? [this.root];
    return [...new Set([...others].flatMap((other) => paneOf(other).packages()))];
  }

  // Editing -----------------------------------------------------------------------------------------

  /** Turn the code into an editor, with the caret where the reader pressed. */
  async edit(place) {
    this.files.edit(place);
    if (this.files.isTypedInto) this.#edited();
    await this.draft.meetServer();
  }

  /** Bring back what the reader had written on this device. */
  restore() {
    this.draft.restore(this.files.current());
  }

  #edited() {
    this.draft.changed(this.files.current(), this.files.isChanged());
    this.#offerReset();
  }

  #put(files) {
    this.files.put(files);
    this.#offerReset();
  }

  #offerReset() {
    this.#button("reset").hidden = !this.files.isChanged() && !this.output;
  }

  /** Back to the original code. Asks once when there are changes, and can be undone for 10 seconds. */
  reset() {
    const button = this.#button("reset");
    const isChanged = this.files.isChanged();
    if (isChanged && button.dataset.state !== "confirm") {
      button.dataset.state = "confirm";
      button.querySelector("[data-label]").textContent = say("sure");
      setTimeout(() => this.#calm(button), ASK_FOR);
      return;
    }
    this.#calm(button);
    this.runtime?.end("cancel");
    this.#dropOutput();
    this.#state("idle");
    if (!isChanged) return;
    const mine = this.files.current();
    this.files.reset();
    this.draft.changed(this.files.current(), false);
    this.#offerUndo(() => {
      this.#put(mine);
      this.draft.changed(mine, true);
    });
  }

  #calm(button) {
    delete button.dataset.state;
    button.querySelector("[data-label]").textContent = say("reset");
  }

  #offerUndo(action) {
    const button = this.#button("undo");
    clearTimeout(this.#undo);
    button.hidden = false;
    button.onclick = () => {
      button.hidden = true;
      this.#button("run").focus();
      action();
    };
    if (document.activeElement === this.#button("reset")) button.focus();
    this.#undo = setTimeout(() => {
      if (document.activeElement === button) this.#button("run").focus();
      button.hidden = true;
    }, UNDO_FOR);
  }

  #keep(text) {
    this.root.querySelector("[data-kept]").textContent = text;
  }

  /** Another device saved newer code: the reader says which stays. */
  #choose(other, choose) {
    this.root.querySelector("[data-piece=conflict]")?.remove();
    const box = part("conflict");
    box.querySelector("[data-when]").textContent = say("conflict", { time: other.time });
    const mine = this.files.current();
    box.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-choice]")?.dataset.choice;
      if (!choice) return;
      box.remove();
      choose(choice);
      if (choice === "other") {
        this.#offerUndo(() => {
          this.#put(mine);
          this.draft.changed(mine, true);
        });
      }
    });
    this.root.querySelector(".runner").before(box);
  }
}

/** What the buttons of a pane mean. */
export function act(root, action, button) {
  const pane = paneOf(root);
  const actions = {
    run: () => pane.run(),
    retry: () => pane.run(),
    stop: () => pane.stop(),
    cancel: () => pane.cancel(),
    reset: () => pane.reset(),
    edit: () => pane.edit(),
    saved: () => pane.output.showSaved(),
    try: () => pane.send(requestOf(button.dataset.method, button.dataset.path, button.dataset.body)),
  };
  return actions[action]?.();
}
