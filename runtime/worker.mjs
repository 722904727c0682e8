// One Python in a worker of its own. The page starts it with {id, op: "boot", packages}, then sends messages
// for lessons/harness; it answers {id, type: "result", value} or {id, type: "fatal", message} and tells
// {type: "progress", loaded, total}, {type: "console", text} and {type: "place", file, line} meanwhile.
import { lockDown } from "./lockdown.mjs";
import manifest from "./manifest.mjs";
import { startPython } from "./python.mjs";

const BASE = new URL(".", import.meta.url).href;
/** How long nothing may arrive, or Python may take to start, before the start has failed. */
const STALLED_MS = 30_000;
const TELL_EVERY_MS = 50;
/** More console text than the harness lets through comes from code that goes round it. */
const CONSOLE_LIMIT = 250_000;

const post = self.postMessage.bind(self);
let python;

self.addEventListener("message", async ({ data: { id, ...message } }) => {
  try {
    if (message.op === "boot") python ??= boot(message.packages);
    const ask = await python;
    const value = message.op === "boot" ? { ok: true, python: manifest.lock.python } : answer(ask, message);
    post({ id, type: "result", value });
  } catch (error) {
    post({ id, type: "fatal", message: String(error?.message ?? error).slice(0, 2000) });
  }
});

function answer(ask, message) {
  said = 0;
  try {
    return ask(message);
  } finally {
    tellConsole();
  }
}

// The start -----------------------------------------------------------------------------------------

async function boot(packages) {
  const watch = stallWatch();
  try {
    self.fetch = countingFetch(packages, watch.alive);
    const onPlace = (file, line) => post({ type: "place", file, line });
    const started = startPython({ base: BASE, packages, read, onText: say, onPlace });
    const ask = await Promise.race([started, watch.stalled]);
    lockDown();
    return ask;
  } finally {
    watch.end();
  }
}

async function read(name) {
  return new Uint8Array(await (await self.fetch(BASE + name)).arrayBuffer());
}

/** fetch that tells the page how much of everything has arrived, in bytes as they are sent. */
function countingFetch(packages, alive) {
  const fetch = self.fetch.bind(self);
  const awaited = ["pyodide.asm.wasm", ...["python", "harness", ...packages].map((name) => `${name}.zip`)];
  const sum = (kind) => awaited.reduce((bytes, name) => bytes + manifest.sizes[name][kind], 0);
  const [unpacked, total] = [sum("raw"), sum("transfer")];
  let arrived = 0;
  let toldAt = 0;
  const count = (bytes) => {
    arrived += bytes;
    alive();
    if (performance.now() - toldAt < TELL_EVERY_MS && arrived < unpacked) return;
    toldAt = performance.now();
    post({ type: "progress", loaded: Math.round((total * arrived) / unpacked), total });
  };
  return async (address, options) => {
    const response = await fetch(address, options);
    if (!response.ok) throw new Error(`${new URL(address).pathname} was answered with ${response.status}.`);
    const counted = new TransformStream({
      transform(chunk, controller) {
        count(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(counted), { headers: response.headers });
  };
}

function stallWatch() {
  let timer;
  let fail;
  const stalled = new Promise((_resolve, reject) => {
    fail = () => reject(new Error("Python did not start in time."));
  });
  stalled.catch(() => {});
  const end = () => clearTimeout(timer);
  const alive = () => {
    end();
    timer = setTimeout(fail, STALLED_MS);
  };
  alive();
  return { alive, end, stalled };
}

// The console ---------------------------------------------------------------------------------------

let untold = [];
let toldAt = 0;
let said = 0;
let timer = 0;

function say(text) {
  const part = String(text).slice(0, Math.max(0, CONSOLE_LIMIT - said));
  if (!part) return;
  said += part.length;
  untold.push(part);
  if (performance.now() - toldAt >= TELL_EVERY_MS) tellConsole();
  else timer ||= setTimeout(tellConsole, TELL_EVERY_MS);
}

function tellConsole() {
  clearTimeout(timer);
  timer = 0;
  if (!untold.length) return;
  toldAt = performance.now();
  post({ type: "console", text: untold.join("") });
  untold = [];
}
