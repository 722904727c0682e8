// Run lesson code in the page's Python, under Node: JSON lines in, JSON lines out.
//   node scripts/run-in-pyodide.mjs flask django <messages.jsonl
// Each line is a message of lessons/harness and is answered by one line; {"op": "fresh"} starts a new Python,
// as every Run in a page does. The runtime is the one that scripts/build-runtime.mjs made last.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const RUNTIME = join(dirname(fileURLToPath(import.meta.url)), "..", "public", "runtime");

async function start(packages) {
  const { version } = JSON.parse(await readFile(join(RUNTIME, "current.json")));
  const base = join(RUNTIME, version, "/");
  const { startPython } = await import(join(base, "python.mjs"));
  return startPython({ base, packages, read: (name) => readFile(join(base, name)), onText() {} });
}

// Node would print the line of code where it fails: a megabyte of Pyodide.
process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});

const packages = process.argv.slice(2);
let ask = await start(packages);
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const message = JSON.parse(line);
  let answer;
  if (message.op === "fresh") {
    ask = await start(message.packages ?? packages);
    answer = { ok: true };
  } else {
    answer = ask(message);
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
