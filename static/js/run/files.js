// The files of a pane: shown as lines of code, or as editors once somebody edits.

import { Editor } from "./editor.js";
import { sourceOf } from "./sources.js";
import { part, say } from "./words.js";

let framed = 0;

export class Files {
  #root;
  #files = new Map();
  #changed;

  /** `changed` is called after every edit. */
  constructor(root, changed) {
    this.#root = root;
    this.#changed = changed;
    for (const box of root.querySelectorAll(".file[data-file]")) {
      const textarea = box.querySelector("textarea");
      const starter = box.querySelector("template[data-starter]")?.content.textContent;
      const original = textarea ? (starter ?? textarea.defaultValue) : sourceOf(box);
      const file = { box, original, editor: null, name: box.dataset.file };
      this.#files.set(file.name, file);
      if (textarea) file.editor = this.#editor(file, textarea);
    }
  }

  current() {
    const entries = [...this.#files.values()].map((file) => [file.name, this.#textOf(file)]);
    return Object.fromEntries(entries);
  }

  /** Whether something was typed before this script had loaded. */
  get isTypedInto() {
    const areas = [...this.#files.values()].map(({ box }) => box.querySelector("textarea"));
    return areas.some((area) => area && area.value !== area.defaultValue);
  }

  isChanged() {
    return [...this.#files.values()].some((file) => this.#textOf(file).trimEnd() !== file.original.trimEnd());
  }

  /** Put these texts in place of what stands there; files equal to the original show as code again. */
  put(files) {
    for (const file of this.#files.values()) {
      if (typeof files[file.name] !== "string") continue;
      if (files[file.name].trimEnd() === file.original.trimEnd()) this.#close(file);
      else this.#open(file).value = files[file.name];
    }
  }

  reset() {
    for (const file of this.#files.values()) this.#close(file);
  }

  /** Edit the file that is shown; `place` is {line, column} of the caret. */
  edit(place) {
    const file = this.#shown();
    const editor = this.#open(file);
    editor.focus(place);
    editor.enrich();
  }

  /** Mark a line as the one that failed, in the lines of code or in the editor. */
  mark(name, line) {
    const file = this.#files.get(name);
    if (!file || !line) return;
    if (file.editor) file.editor.mark(line);
    else file.box.querySelectorAll(".line")[line - 1]?.setAttribute("data-fault", "");
  }

  clearMarks() {
    for (const { box, editor } of this.#files.values()) {
      editor?.mark(0);
      for (const line of box.querySelectorAll("[data-fault]")) line.removeAttribute("data-fault");
    }
  }

  /** Go to a line in the editor and mark it. */
  showLine(name, line) {
    const file = this.#files.get(name);
    if (!file) return;
    this.#root.querySelector(`[role=tab][aria-controls="${file.box.id}"]`)?.click();
    const editor = this.#open(file);
    editor.focus({ line, column: 0 });
    editor.enrich().then(() => editor.mark(line));
  }

  #shown() {
    return [...this.#files.values()].find(({ box }) => box.hasAttribute("data-shown")) ?? [...this.#files.values()][0];
  }

  #textOf(file) {
    return file.editor ? file.editor.value : file.original;
  }

  /** The file's editor, made over its lines when there is none. */
  #open(file) {
    if (file.editor) return file.editor;
    const code = file.box.querySelector(".code");
    const height = code.getBoundingClientRect().height;
    const box = part("editor");
    const textarea = box.querySelector("textarea");
    textarea.value = file.original;
    textarea.setAttribute("aria-label", say("editor", { name: code.getAttribute("aria-label") }));
    if (height) box.style.setProperty("--was", `${height}px`);
    code.hidden = true;
    code.after(box);
    file.editor = this.#editor(file, textarea);
    return file.editor;
  }

  #editor(file, textarea) {
    const editor = new Editor(textarea, { lang: file.box.dataset.lang, changed: () => this.#changed() });
    textarea.addEventListener("focus", () => editor.enrich());
    const box = this.#frame(file, textarea);
    const keys = box.querySelector(".keyrow");
    keys?.addEventListener("pointerdown", (event) => event.preventDefault());
    keys?.addEventListener("click", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (key) editor.insert(key === "Tab" ? "\t" : key);
    });
    if (file.box.querySelector(".code")) box.addEventListener("focusout", () => setTimeout(() => this.#leave(file, box), 200));
    return editor;
  }

  /** What holds the editor, its keys and its hint; the field of an exercise stays where it is. */
  #frame(file, textarea) {
    let box = textarea.closest(".edit");
    if (!box) {
      const { children } = part("editor");
      box = file.box;
      box.classList.add("edit");
      box.append(...[...children].slice(1));
    }
    const hint = box.querySelector(".leave");
    hint.id = `leave-${(framed += 1)}`;
    textarea.setAttribute("aria-describedby", hint.id);
    return box;
  }

  /** Show unedited code with its numbers again when the reader goes elsewhere. */
  #leave(file, box) {
    const isHere = box.contains(document.activeElement) || !document.hasFocus();
    if (!isHere && file.editor?.value.trimEnd() === file.original.trimEnd()) this.#close(file);
  }

  #close(file) {
    const code = file.box.querySelector(".code");
    if (!file.editor) return;
    if (!code) {
      file.editor.value = file.original;
      return;
    }
    file.editor.end();
    file.editor = null;
    file.box.querySelector(".edit").remove();
    code.hidden = false;
  }
}
