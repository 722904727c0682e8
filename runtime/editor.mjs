// The editor of lessons, laid over a textarea that works without it. Loaded when somebody first edits.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { StreamLanguage, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { html } from "@codemirror/legacy-modes/mode/xml";
import { EditorSelection, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { styleTags, tagHighlighter, tags } from "@lezer/highlight";

const INDENT = 4;
const decorators = styleTags({ "Decorator/VariableName Decorator/PropertyName": tags.meta });
const LANGUAGES = { python: pythonLanguage.configure({ props: [decorators] }), html: StreamLanguage.define(html) };
LANGUAGES["html+django"] = LANGUAGES.html;

/** The classes that server-side highlighting gives, so that both look the same. */
const COLOURS = tagHighlighter([
  { tag: tags.comment, class: "c" },
  { tag: [tags.keyword, tags.operatorKeyword, tags.tagName], class: "k" },
  { tag: [tags.string, tags.special(tags.string), tags.docString], class: "s" },
  { tag: [tags.number, tags.escape], class: "mi" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.attributeName], class: "nf" },
  { tag: tags.meta, class: "nd" },
  { tag: [tags.className, tags.definition(tags.className)], class: "nc" },
  { tag: [tags.bool, tags.null, tags.self], class: "kc" },
]);

const LOOK = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--code-bg)", fontSize: "0.9375rem" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused::after": { content: '""', position: "absolute", inset: "0", zIndex: "300", border: "3px solid var(--ink)", pointerEvents: "none" },
  ".cm-content:focus-visible": { outline: "none", boxShadow: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none", lineHeight: "1.7" },
  ".cm-content": { padding: "0.7rem 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 1rem 0 0.6rem" },
  ".cm-gutters": { color: "var(--ink-3)", backgroundColor: "var(--code-bg)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2rem" },
  ".cm-matchingBracket": { outline: "1px solid var(--line-2)", backgroundColor: "transparent" },
  ".cm-nonmatchingBracket": { color: "var(--danger)" },
  ".cm-failed": { backgroundColor: "var(--danger-bg)", boxShadow: "inset 4px 0 var(--danger)" },
  ".c": { color: "var(--ink-3)" },
  ".k": { color: "var(--c-keyword)" },
  ".s": { color: "var(--c-string)" },
  ".mi": { color: "var(--c-number)" },
  ".nf": { color: "var(--c-function)" },
  ".nd": { color: "var(--c-decorator)" },
  ".nc": { color: "var(--c-class)" },
  ".kc": { color: "var(--c-constant)" },
});

const markFailed = StateEffect.define();
const failedLine = StateField.define({
  create: () => Decoration.none,
  update(marks, { changes, effects, state }) {
    const effect = effects.find((each) => each.is(markFailed));
    if (!effect) return marks.map(changes);
    if (effect.value < 1 || effect.value > state.doc.lines) return Decoration.none;
    return Decoration.set(Decoration.line({ class: "cm-failed" }).range(state.doc.line(effect.value).from));
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Tab indents what is selected, or moves the caret on to the next multiple of four columns. */
function indent(view) {
  if (view.state.selection.ranges.some((range) => !range.empty)) return indentMore(view);
  const spaces = ({ from }) => " ".repeat(INDENT - ((from - view.state.doc.lineAt(from).from) % INDENT));
  const change = view.state.changeByRange((range) => ({
    changes: { from: range.from, insert: spaces(range) },
    range: EditorSelection.cursor(range.from + spaces(range).length),
  }));
  view.dispatch(change, { scrollIntoView: true, userEvent: "input.indent" });
  return true;
}

/** Typing over a selection, done here: browsers do it with inline styles, which the page's policy forbids. */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    const text = event.data;
    if (event.inputType !== "insertText" || event.isComposing || empty || !text) return false;
    event.preventDefault();
    const insert = () =>
      view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, text, insert))) view.dispatch(insert());
    return true;
  },
});

/** What names and describes the textarea, for the editor in its place. */
function namesOf(textarea, label) {
  const names = { spellcheck: "false", autocorrect: "off", autocapitalize: "off", translate: "no" };
  const given = label ?? textarea.getAttribute("aria-label") ?? textarea.labels[0]?.textContent.trim();
  if (given) names["aria-label"] = given;
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    if (textarea.hasAttribute(name)) names[name] = textarea.getAttribute(name);
  }
  return names;
}

/**
 * Put an editor in the textarea's place, with its text, caret and focus. `language` is python, html or another
 * without colours; `nonce` lets its styles through the page's policy; onChange(text) is called after each edit,
 * onRun() and onCheck() by their keys. Escape, then Tab, leaves it.
 */
export function mount(textarea, { language, nonce, label, onChange, onRun, onCheck }) {
  const key = (name, act) => (act ? [{ key: name, preventDefault: true, run: () => (act(), true) }] : []);
  const extensions = [
    EditorView.cspNonce.of(nonce ?? ""),
    EditorState.tabSize.of(INDENT),
    indentUnit.of(" ".repeat(INDENT)),
    LANGUAGES[language] ?? [],
    language === "python" ? indentOnInput() : [],
    syntaxHighlighting(COLOURS),
    lineNumbers(),
    history(),
    closeBrackets(),
    bracketMatching(),
    failedLine,
    typeOverSelection,
    LOOK,
    EditorView.contentAttributes.of(namesOf(textarea, label)),
    EditorView.updateListener.of((update) => update.docChanged && onChange?.(update.state.doc.toString())),
    keymap.of([
      ...key("Mod-Shift-Enter", onCheck),
      ...key("Mod-Enter", onRun),
      { key: "Tab", run: indent, shift: indentLess },
      ...closeBracketsKeymap,
      ...historyKeymap,
      ...defaultKeymap.filter(({ key: name }) => !["Mod-Enter", "Alt-ArrowLeft", "Alt-ArrowRight"].includes(name)),
    ]),
  ];
  const { selectionStart, selectionEnd } = textarea;
  const hadFocus = document.activeElement === textarea;
  const view = new EditorView({ state: EditorState.create({ doc: textarea.value, extensions }) });
  const size = view.state.doc.length;
  view.dispatch({ selection: { anchor: Math.min(selectionStart, size), head: Math.min(selectionEnd, size) } });
  textarea.after(view.dom);
  textarea.hidden = true;
  if (hadFocus) view.focus();

  return {
    get value() {
      return view.state.doc.toString();
    },
    set value(text) {
      if (text !== this.value) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    /** Take the focus, with the caret at {line, column} where a place is given. */
    focus(place) {
      view.focus();
      if (!place) return;
      const line = view.state.doc.line(Math.min(Math.max(place.line, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: Math.min(line.from + place.column, line.to) }, scrollIntoView: true });
    },
    /** Mark this line as the one that failed; 0 takes the mark away. */
    mark(line) {
      view.dispatch({ effects: markFailed.of(line) });
    },
    /** Type text at the caret. */
    insert(text) {
      if (text === "\t") indent(view);
      else view.dispatch(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
      view.focus();
    },
    /** Give the textarea its place back, with the text as it is now. */
    end() {
      textarea.value = this.value;
      textarea.hidden = false;
      view.destroy();
    },
  };
}
