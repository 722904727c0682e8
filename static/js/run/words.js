// What the runner says and is built of: both come with the page, translated, in one template.

const shell = document.querySelector("#runner");

/** Where Python, the editor and the frame are, and the nonce that the editor's styles need. */
export const runtimeBase = shell.dataset.runtime;
export const editorAddress = shell.dataset.editor;
export const nonce = shell.nonce;

/** A sentence of the template, with {names} filled in. */
export function say(word, values = {}) {
  const text = shell.content.querySelector(`[data-word="${word}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** A fresh copy of one part of the template. */
export function part(name) {
  return document.importNode(shell.content.querySelector(`[data-piece="${name}"]`), true);
}

/** An element with text in it; what learners' programs say never becomes markup. */
export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
