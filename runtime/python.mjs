// Starts Python with what lessons need, in a worker or under Node.
import { loadPyodide } from "./pyodide.mjs";
import manifest from "./manifest.mjs";

const SITE_PACKAGES = `/lib/python${manifest.lock.python.split(".").slice(0, 2).join(".")}/site-packages`;

/** What is imported while the reader isn't waiting yet; nothing of it needs settings. */
const WARM_UP = {
  flask: ["flask", "werkzeug.test"],
  django: ["django.shortcuts", "django.core.handlers.wsgi", "django.db.models", "django.forms", "django.urls"],
  sqlalchemy: ["sqlalchemy.orm", "sqlalchemy.dialects.sqlite"],
  rest_framework: [],
  wtforms: ["wtforms"],
  flask_login: [],
  alembic: ["alembic.command"],
  pytest: ["pytest"],
};

const LONGEST_ANSWER = 4_000_000;

const GLUE = `
import importlib, json, sys
import harness

def listen(on_text, on_place):
    harness.set_console(on_text)
    harness.tell_place(on_place)

def warm_up(names):
    for name in names:
        importlib.import_module(name)

def ask(text):
    return json.dumps(harness.handle(json.loads(text)))

sys.path_importer_cache.clear()
(listen, warm_up, ask)
`;

/**
 * Start Python with the bundles named, from the folder of this version.
 *   read(name)    gives the bytes of one of its files
 *   onText(text)  is told what Python prints
 *   onPlace(file, line)  is told where a loop is that goes on
 * Returns ask(message), which hands a message to the harness and gives its answer.
 */
export async function startPython({ base, packages, read, onText, onPlace = () => {} }) {
  const unknown = packages.find((name) => !(name in WARM_UP));
  if (unknown !== undefined) throw new Error(`There is no bundle ${unknown}.`);
  const archives = Promise.all(["harness", ...packages].map((name) => read(`${name}.zip`)));
  archives.catch(() => {});
  const print = (line) => onText(`${line}\n`);
  const pyodide = await loadPyodide({
    indexURL: base,
    stdLibURL: `${base}python.zip`,
    packageBaseUrl: base,
    lockFileContents: { info: manifest.lock, packages: {} },
    stdout: print,
    stderr: print,
    checkAPIVersion: false,
  });
  for (const archive of await archives) unpack(pyodide.FS, archive);
  const [listen, warmUp, ask] = pyodide.runPython(GLUE, { globals: pyodide.toPy({}) });
  listen(onText, onPlace);
  warmUp(pyodide.toPy(packages.flatMap((name) => WARM_UP[name])));
  return (message) => {
    const answer = ask(JSON.stringify(message));
    if (answer.length > LONGEST_ANSWER) throw new Error("The answer of the program is too long to be shown.");
    return JSON.parse(answer);
  };
}

/** Put the files of an archive, stored without compression, where Python imports from. */
function unpack(fs, archive) {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const decoder = new TextDecoder();
  const folders = new Set();
  for (let at = 0; view.getUint32(at, true) === 0x04034b50; ) {
    const [size, nameLength] = [view.getUint32(at + 18, true), view.getUint16(at + 26, true)];
    const start = at + 30 + nameLength;
    const path = `${SITE_PACKAGES}/${decoder.decode(archive.subarray(at + 30, start))}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!folders.has(folder)) fs.mkdirTree(folder);
    folders.add(folder);
    fs.writeFile(path, archive.subarray(start, start + size), { canOwn: true });
    at = start + size;
  }
}
