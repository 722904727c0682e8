// What each bundle of the in-page Python holds, and what is left out of it.
import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { inflateRawSync } from "node:zlib";
import { zipEntries } from "./stored-zip.mjs";

/** Hand-written files that are served as they are. */
export const RUNTIME_FILES = ["worker.mjs", "python.mjs", "lockdown.mjs", "pane.html", "pane.js"];

export const HARNESS = { modules: ["harness"], without: [] };

/** Docstrings are left out but where a package rewrites its own, as SQLAlchemy does. */
export const BUNDLES = {
  flask: {
    modules: ["flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker"],
    without: [/^werkzeug\/debug\/shared\//],
  },
  django: {
    modules: ["django", "asgiref", "sqlparse", "tzdata"],
    without: [
      /^django\/contrib\/(gis|postgres)\//,
      /^django\/db\/backends\/(mysql|oracle|postgresql)\//,
      /^django\/(.+\/)?locale\/(?!en(_GB)?\/|__init__)/,
      /^django\/conf\/(app|project)_template\//,
      /^django\/contrib\/admin\/(bin|static\/admin\/js)\//,
    ],
  },
  sqlalchemy: {
    modules: ["sqlalchemy", "typing_extensions"],
    keepDocs: true,
    without: [
      /^sqlalchemy\/dialects\/(mssql|oracle)\//,
      /^sqlalchemy\/testing\//,
      /^sqlalchemy\/ext\/mypy\//,
    ],
  },
  rest_framework: {
    modules: ["rest_framework"],
    keepDocs: true,
    without: [/^rest_framework\/(locale|static|templates\/rest_framework\/docs)\//],
  },
  wtforms: { modules: ["wtforms", "flask_wtf", "markupsafe"], without: [/^wtforms\/locale\//] },
  flask_login: { modules: ["flask_login"], without: [] },
  alembic: { modules: ["alembic", "mako", "markupsafe"], keepDocs: true, without: [/^alembic\/(testing|templates)\//] },
  pytest: {
    modules: ["pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py"],
    without: [
      /^pygments\/lexers\/(?!(__init__|_mapping|python|special|diff|_builtins)\.py)/,
      /^pygments\/styles\/(?!(__init__|_mapping|default)\.py)/,
    ],
  },
};

const NEVER = /\.(so|c|h|pyi|pyc|pyx|pxd|po|pyd|md|rst|py-tpl)$|(^|\/)(__pycache__|tests)\/|(^|\/)py\.typed$/;
/** The prompt of a terminal, and readers of mail boxes: nothing to use them on in a page. Flask's test client
 * imports the debugger, which imports the parts of the prompt that stay. */
const STDLIB_WITHOUT = /^(_pyrepl\/(?!(__init__|utils|types|trace)\.py)|idlelib\/|lib2to3\/|turtledemo\/)|^(imaplib|mailbox|poplib)\.py$/;

/** The files of a bundle as {name, data}, sorted by name. */
export async function bundleSources(folder, { modules, without }) {
  const present = await readdir(folder, { withFileTypes: true });
  const sources = [];
  for (const module of modules) {
    const found = present.find(({ name }) => name === module || name === `${module}.py`);
    if (!found) throw new Error(`${folder} has no ${module}: run scripts/setup first.`);
    const paths = found.isDirectory() ? await filesBelow(join(folder, module)) : [join(folder, found.name)];
    for (const path of paths) {
      const name = relative(folder, path);
      if (!NEVER.test(name) && !without.some((pattern) => pattern.test(name))) {
        sources.push({ name, data: await readFile(path) });
      }
    }
    sources.push(...(await metadata(folder, present, module)));
  }
  return sources.sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** A package's name and version, which it may ask for itself, and its licence, which goes where it goes. */
async function metadata(folder, present, module) {
  const info = present.find(
    ({ name }) => name.endsWith(".dist-info") && name.split("-")[0].toLowerCase() === module,
  );
  if (!info) return [];
  const whole = await readFile(join(folder, info.name, "METADATA"), "utf8");
  const lines = whole.split("\n").filter((line) => /^(Metadata-Version|Name|Version): /.test(line));
  const paths = await filesBelow(join(folder, info.name));
  const licences = paths.filter((path) => /LICEN[CS]E|COPYING/i.test(relative(folder, path)));
  return [
    { name: `${info.name}/METADATA`, data: Buffer.from(`${lines.slice(0, 3).join("\n")}\n`) },
    ...(await Promise.all(
      licences.map(async (path) => ({ name: relative(folder, path), data: await readFile(path) })),
    )),
  ];
}

/** The standard library as Pyodide ships it. */
export async function stdlibSources(path) {
  const entries = zipEntries(await readFile(path), inflateRawSync);
  return entries.filter(({ name }) => !STDLIB_WITHOUT.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}
