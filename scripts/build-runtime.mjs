// Make public/runtime/<version>/: Python for lessons, run by the reader's browser.
//   node scripts/build-runtime.mjs [--packages DIRECTORY] [--brotli]
// Flask, Django and SQLAlchemy come from the locked environment, so page and server run the same versions.
// They are compiled by Pyodide itself, whose byte-code no other Python writes. The version is the digest of
// all that goes in; bundles are kept in node_modules/.cache by their own digests.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { BUNDLES, HARNESS, RUNTIME_FILES, bundleSources, stdlibSources } from "./runtime-contents.mjs";
import { storedZip } from "./stored-zip.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const PYODIDE = join(ROOT, "node_modules", "pyodide");
const CACHE = join(ROOT, "node_modules", ".cache", "runtime");
const TARGET = join(ROOT, "public", "runtime");
const SCRIPTS = ["build-runtime.mjs", "runtime-contents.mjs", "stored-zip.mjs"];

const { values: options } = parseArgs({
  options: { packages: { type: "string" }, brotli: { type: "boolean", default: false } },
});

function sitePackages() {
  const python = join(ROOT, ".venv", "bin", "python");
  const ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
  return execFileSync(python, ["-c", ask], { encoding: "utf8" }).trim();
}

function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 12);
}

const digestOf = (sources) => digest(...sources.flatMap(({ name, data }) => [name, data]));

/** Pyodide under Node, started once when the first bundle has to be compiled. */
let compiler;
async function compile(source, path, keepDocs) {
  compiler ??= await startCompiler();
  const compiled = compiler(source.toString("utf8"), path, Boolean(keepDocs));
  const bytes = compiled.toJs();
  compiled.destroy();
  return bytes;
}

async function startCompiler() {
  const { loadPyodide } = await import(join(PYODIDE, "pyodide.mjs"));
  const pyodide = await loadPyodide();
  return pyodide.runPython(`
import ast, importlib._bootstrap_external, warnings
warnings.simplefilter("ignore")

def compiled(source, path, keep_docs):
    if not keep_docs:
        source = compile(source, path, "exec", ast.PyCF_OPTIMIZED_AST, dont_inherit=True, optimize=2)
    code = compile(source, path, "exec", dont_inherit=True)
    return bytes(importlib._bootstrap_external._code_to_hash_pyc(code, bytes(8), False))

compiled`);
}

/** A bundle's archive: from the cache, or compiled now. */
async function archive({ name, sources, folder, keepDocs }) {
  const kept = join(CACHE, `${name}-${digest(digestOf(sources), folder, buildDigest)}.zip`);
  if (await isFile(kept)) return kept;
  const entries = [];
  for (const { name: path, data } of sources) {
    if (!path.endsWith(".py")) entries.push({ name: path, data });
    else entries.push({ name: `${path}c`, data: await compile(data, `${folder}/${path}`, keepDocs) });
  }
  await writeWhole(kept, storedZip(entries));
  return kept;
}

/** The compressed twins of a file, made beside it. */
async function compressed(path) {
  const data = await readFile(path);
  const twins = [[".gz", () => promisify(gzip)(data, { level: options.brotli ? 9 : 6 })]];
  if (options.brotli) {
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
    };
    twins.push([".br", () => promisify(brotliCompress)(data, { params })]);
  }
  const sizes = await Promise.all(
    twins.map(async ([ending, make]) => {
      const made = await make();
      await writeWhole(path + ending, made);
      return made.length;
    }),
  );
  return { raw: data.length, transfer: Math.min(...sizes) };
}

const isFile = (path) => stat(path).then((found) => found.isFile(), () => false);

/** Write so that a build that is broken off leaves no half file. */
async function writeWhole(path, data) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, data);
  await rename(`${path}.part`, path);
}

async function inTurn(items, work) {
  const waiting = [...items];
  const results = new Map();
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) results.set(item, await work(item));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

// What goes in ------------------------------------------------------------------------------------

const began = performance.now();
const lock = JSON.parse(await readFile(join(PYODIDE, "pyodide-lock.json"))).info;
const pyodideVersion = JSON.parse(await readFile(join(PYODIDE, "package.json"))).version;
const buildDigest = digest(
  pyodideVersion,
  ...(await Promise.all(SCRIPTS.map((name) => readFile(join(ROOT, "scripts", name))))),
);
const python = `/lib/python${lock.python.split(".").slice(0, 2).join(".")}`;
const packages = options.packages ?? sitePackages();
const bundles = [
  {
    name: "python",
    sources: await stdlibSources(join(PYODIDE, "python_stdlib.zip")),
    folder: `/lib/python${lock.python.split(".").slice(0, 2).join("")}.zip`,
    keepDocs: true,
  },
  { name: "harness", sources: await bundleSources(join(ROOT, "lessons"), HARNESS) },
];
for (const [name, contents] of Object.entries(BUNDLES)) {
  bundles.push({ name, sources: await bundleSources(packages, contents), keepDocs: contents.keepDocs });
}
for (const bundle of bundles) bundle.folder ??= `${python}/site-packages`;
const ownFiles = await Promise.all(
  RUNTIME_FILES.map(async (name) => ({ name, data: await readFile(join(ROOT, "runtime", name)) })),
);
const version = digest(buildDigest, digestOf(ownFiles), ...bundles.map(({ sources }) => digestOf(sources)));

// What comes out ----------------------------------------------------------------------------------

const folder = join(TARGET, version);
const done = async () =>
  (await isFile(join(folder, "manifest.json"))) &&
  (!options.brotli || (await isFile(join(folder, "python.zip.br"))));

async function build() {
  const made = `${folder}.part`;
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { recursive: true });
  for (const name of ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"]) {
    await copyFile(join(PYODIDE, name), join(made, name));
  }
  for (const { name, data } of ownFiles) await writeFile(join(made, name), data);
  for (const bundle of bundles) await copyFile(await archive(bundle), join(made, `${bundle.name}.zip`));
  const names = await readdir(made);
  const sizes = await inTurn(names, (name) => compressed(join(made, name)));
  const manifest = describe(sizes);
  await writeFile(join(made, "manifest.json"), JSON.stringify(manifest));
  await writeFile(join(made, "manifest.mjs"), `export default ${JSON.stringify(manifest)};\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(made, folder);
}

/** What page, worker and server need to know of a version: its files by part, and their sizes. */
function describe(sizes) {
  const optional = Object.keys(BUNDLES).map((name) => [name, [`${name}.zip`]]);
  const core = [...sizes.keys()].filter((name) => !optional.some(([, [zip]]) => zip === name)).sort();
  const files = { core, ...Object.fromEntries(optional) };
  const bytes = Object.fromEntries(
    Object.entries(files).map(([part, names]) => [
      part,
      names.reduce((sum, name) => sum + sizes.get(name).transfer, 0),
    ]),
  );
  core.push("manifest.mjs");
  return { version, base: `/runtime/${version}/`, lock, files, bytes, sizes: Object.fromEntries(sizes) };
}

if (!(await done())) await build();
const manifest = JSON.parse(await readFile(join(folder, "manifest.json")));
const { base, files, bytes } = manifest;
await writeWhole(join(TARGET, "current.json"), JSON.stringify({ version, base, files, bytes }));
for (const name of await readdir(TARGET)) {
  if (name !== version && name !== "current.json") await rm(join(TARGET, name), { recursive: true, force: true });
}
await copyFile(join(ROOT, "runtime", "sw.js"), join(ROOT, "public", "sw.js"));
const megabytes = (part) => (manifest.bytes[part] / 1e6).toFixed(2);
const sizes = Object.keys(manifest.bytes).map((part) => `${part} ${megabytes(part)}`);
console.log(
  `${relative(ROOT, folder)}: ${sizes.join(", ")} MB, ${((performance.now() - began) / 1000).toFixed(1)} s`,
);
