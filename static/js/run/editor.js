// One file being edited: a plain textarea, with the editor's colours over it once they have loaded.

import { editorAddress, nonce } from "./words.js";

let bundle = null;

/** The editor's module, or null where it can't be loaded: the textarea stays. */
function loadBundle() {
  bundle ??= import(editorAddress).catch(() => (bundle = null));
  return bundle;
}

export class Editor {
  #textarea;
  #lang;
  #changed;
  #rich = null;
  #place = null;

  constructor(textarea, { lang, changed }) {
    this.#textarea = textarea;
    this.#lang = lang;
    this.#changed = changed;
    this.#fit();
    textarea.addEventListener("input", () => {
      this.#fit();
      changed();
    });
  }

  get value() {
    return this.#rich ? this.#rich.value : this.#textarea.value;
  }

  set value(text) {
    this.#textarea.value = text;
    if (this.#rich) this.#rich.value = text;
    this.#fit();
  }

  #fit() {
    this.#textarea.rows = Math.max(3, this.#textarea.value.trimEnd().split("\n").length);
  }

  /** Put the caret at {line, column}, or leave it where it is. */
  focus(place) {
    this.#place = place ?? null;
    if (this.#rich) return this.#rich.focus(place);
    this.#textarea.focus({ preventScroll: !place });
    if (!place) return undefined;
    const lines = this.#textarea.value.split("\n");
    const before = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const at = before + Math.min(place.column, lines[place.line - 1]?.length ?? 0);
    return this.#textarea.setSelectionRange(at, at);
  }

  /** Lay colours, indenting and brackets over the textarea. */
  async enrich() {
    if (this.#rich) return;
    const editor = await loadBundle();
    if (!editor || this.#rich || !this.#textarea.isConnected) return;
    this.#rich = editor.mount(this.#textarea, {
      language: this.#lang,
      nonce,
      onChange: (text) => {
        if (this.#textarea.value === text) return;
        this.#textarea.value = text;
        this.#changed();
      },
    });
  }

  mark(line) {
    this.#rich?.mark(line);
  }

  /** Type text at the caret, as a key of a phone's key row does. */
  insert(text) {
    if (this.#rich) return this.#rich.insert(text);
    const { selectionStart, selectionEnd } = this.#textarea;
    this.#textarea.setRangeText(text === "\t" ? "    " : text, selectionStart, selectionEnd, "end");
    this.#textarea.dispatchEvent(new Event("input"));
    return this.#textarea.focus();
  }

  end() {
    this.#rich?.end();
    this.#rich = null;
  }
}
