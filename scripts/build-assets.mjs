// Make static/vendor: the fonts, the icon sprite, htmx and the editor, from the packages in package-lock.json.
// Everything is built in memory and written only where it differs, so a second run changes nothing.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import subsetFont from "subset-font";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const PACKAGES = join(ROOT, "node_modules");
const TARGET = join(ROOT, "static", "vendor");

const STROKED = [
  "arrow-left", "arrow-right", "bookmark", "calendar", "check", "chevron-down", "clock", "code", "copy",
  "download", "external-link", "file-text", "flask-conical", "info", "link", "lock", "log-in", "mail", "menu",
  "message-circle", "notebook-pen", "phone", "play", "rotate-ccw", "search", "square", "triangle-alert",
  "user", "x",
];
const BRANDS = ["whatsapp"];
const FAMILIES = ["next", "mono"];

const read = (...path) => readFile(join(PACKAGES, ...path));

/** The shapes of an SVG file, without the <svg> element and comments. */
function shapes(svg) {
  return svg
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<title>[\s\S]*?<\/title>/, "")
    .replace("</svg>", "")
    .replace(/\s*\n\s*/g, "");
}

async function sprite() {
  const stroked = STROKED.map(async (name) => {
    const svg = await read("lucide-static", "icons", `${name}.svg`);
    return (
      `<symbol id="i-${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
      `stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes(String(svg))}</symbol>`
    );
  });
  const brands = BRANDS.map(async (name) => {
    const svg = await read("simple-icons", "icons", `${name}.svg`);
    return `<symbol id="i-${name}" viewBox="0 0 24 24" fill="currentColor">${shapes(String(svg))}</symbol>`;
  });
  const symbols = await Promise.all([...stroked, ...brands]);
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

/** The rupee sign stands in the large latin-ext file only; readers get just that one glyph. */
async function rupee() {
  const family = "atkinson-hyperlegible-next";
  const font = await read("@fontsource-variable", family, "files", `${family}-latin-ext-wght-normal.woff2`);
  return subsetFont(font, "₹", { targetFormat: "woff2" });
}

/** The editor and CodeMirror as one module, with the licence that CodeMirror's files share. */
async function editor() {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "runtime", "editor.mjs")],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    banner: { js: "/* CodeMirror and Lezer: MIT licence, vendor/editor.LICENSE.txt */" },
    write: false,
  });
  return Buffer.from(outputFiles[0].contents);
}

async function assets() {
  const files = new Map();
  for (const short of FAMILIES) {
    const family = `atkinson-hyperlegible-${short}`;
    const folder = join("@fontsource-variable", family);
    files.set(`fonts/${family}.woff2`, await read(folder, "files", `${family}-latin-wght-normal.woff2`));
    files.set(`fonts/${family}.LICENSE.txt`, await read(folder, "LICENSE"));
  }
  files.set("fonts/rupee.woff2", await rupee());
  files.set("icons.svg", Buffer.from(await sprite()));
  files.set("htmx.min.js", await read("htmx.org", "dist", "htmx.min.js"));
  files.set("editor.js", await editor());
  files.set("editor.LICENSE.txt", await read("@codemirror", "view", "LICENSE"));
  return files;
}

async function present(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TARGET, join(entry.parentPath ?? entry.path, entry.name)));
}

const files = await assets();
let written = 0;
for (const [name, content] of files) {
  const path = join(TARGET, name);
  const old = await readFile(path).catch(() => null);
  if (old?.equals(content)) continue;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  written += 1;
}
for (const name of await present(TARGET)) {
  if (!files.has(name.replaceAll("\\", "/"))) await rm(join(TARGET, name));
}
console.log(`static/vendor: ${files.size} files, ${written} written`);
