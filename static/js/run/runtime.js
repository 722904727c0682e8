// Python in workers: a fresh one for each run, a spare behind it, all given back when the page is left.
// What a worker says is untrusted: it may come from a learner's program.

import { runtimeBase } from "./words.js";

const ANSWER_WITHIN = 10_000;
const BOOT_SILENCE = 45_000;
const MOST_CONSOLE = 2_000_000;
const MOST_MESSAGES = 20_000;

const small = navigator.deviceMemory < 4 || matchMedia("(hover: none) and (pointer: coarse)").matches;
const MOST_LIVING = small ? 1 : 3;
const living = new Set();
let spare = null;

/** Why a runtime ended before it answered: "time", "user", "output", "load", "crash", "memory" or "left". */
export class Ended extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

class Runtime {
  #worker;
  #asked = new Map();
  #count = 0;
  #heard = 0;
  #watchdog = 0;
  #ended = "";
  progress = null;
  place = null;
  isReady = false;
  isBusy = false;
  onprogress = () => {};
  onconsole = () => {};
  onend = () => {};

  constructor(packages) {
    this.packages = packages;
    living.add(this);
    this.#worker = new Worker(`${runtimeBase}worker.mjs`, { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.end(this.isReady ? "crash" : "load");
    });
    this.#watch();
    this.ready = this.#send({ op: "boot", packages }).then(() => {
      clearTimeout(this.#watchdog);
      this.isReady = true;
    });
    this.ready.catch(() => {});
  }

  /** Send one message to the harness; rejects with Ended when no answer comes in time. */
  async ask(message) {
    this.isBusy = true;
    this.place = null;
    const timer = setTimeout(() => this.end("time"), ANSWER_WITHIN);
    this.#heard = 0;
    this.#count = 0;
    try {
      return await this.#send(message);
    } finally {
      clearTimeout(timer);
      this.isBusy = false;
    }
  }

  /** Stop at once, whatever runs; every question still open is rejected. */
  end(reason) {
    if (this.#ended) return;
    this.#ended = reason;
    clearTimeout(this.#watchdog);
    this.#worker.terminate();
    living.delete(this);
    if (spare === this) spare = null;
    for (const { reject } of this.#asked.values()) reject(new Ended(reason));
    this.#asked.clear();
    this.onend(reason);
  }

  get hasEnded() {
    return Boolean(this.#ended);
  }

  #send(message) {
    if (this.#ended) return Promise.reject(new Ended(this.#ended));
    const id = crypto.getRandomValues(new Uint32Array(1))[0];
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage({ ...message, id });
    });
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.end("load"), BOOT_SILENCE);
  }

  #hear(data) {
    if (this.#ended || typeof data !== "object" || data === null) return;
    this.#count += 1;
    if (this.#count > MOST_MESSAGES) return this.end("output");
    if (data.type === "console" && typeof data.text === "string") {
      this.#heard += data.text.length;
      if (this.#heard > MOST_CONSOLE) return this.end("output");
      this.onconsole(data.text);
    } else if (data.type === "progress" && !this.isReady && data.loaded >= 0 && data.total > 0) {
      this.#watch();
      this.progress = { loaded: Math.min(data.loaded, data.total), total: data.total };
      this.onprogress(this.progress);
    } else if (data.type === "place" && typeof data.file === "string" && Number.isInteger(data.line)) {
      this.place = { file: data.file.slice(0, 200), line: data.line };
    } else if (data.type === "result" || data.type === "fatal") {
      this.#settle(data);
    }
  }

  #settle({ id, type, value }) {
    const question = this.#asked.get(id);
    if (type === "fatal") return this.end(this.isReady ? "crash" : "load");
    if (!question) return;
    this.#asked.delete(id);
    question.resolve(typeof value === "object" && value !== null ? value : {});
  }
}

const serves = (runtime, packages) => packages.every((name) => runtime.packages.includes(name));

/** Return a runtime with these packages that nobody has used: the spare, or one that starts now. */
export function take(packages) {
  if (spare && serves(spare, packages)) {
    const taken = spare;
    spare = null;
    return taken;
  }
  spare?.end("memory");
  makeRoom();
  return new Runtime(packages);
}

/** Give back the spare: what kept one runtime from loading may have met it too. */
export function dropSpare() {
  spare?.end("memory");
}

/** Start the first runtime ahead of its use, because somebody is about to ask for it. */
export function warm(packages) {
  const isStarting = [...living].some((runtime) => !runtime.isReady);
  if (spare || isStarting || !navigator.onLine || living.size >= MOST_LIVING) return;
  spare = new Runtime(packages);
}

/** Start a spare behind the one in use, where there is memory for it. */
export function keepSpare(packages) {
  if (small || navigator.connection?.saveData) return;
  warm(packages);
}

/** End the runtimes that have been idle longest. */
function makeRoom() {
  for (const runtime of living) {
    if (living.size < MOST_LIVING) break;
    if (!runtime.isBusy) runtime.end("memory");
  }
}

addEventListener("pagehide", () => {
  for (const runtime of [...living]) runtime.end("left");
});
