// What the reader does to the code of a pane: edits that are kept, back to the original, undo, two devices.

import { Draft } from "./drafts.js";
import { Files } from "./files.js";
import { part, say } from "./words.js";

const UNDO_FOR = 10_000;
const ASK_FOR = 5_000;

export class Code {
  #root;
  #undo = 0;
  #changed;

  /** `changed` is called when another text stands in the pane. */
  constructor(root, changed) {
    this.#root = root;
    this.#changed = changed;
    this.draft = new Draft(root, {
      say: (text) => {
        root.querySelector("[data-kept]").textContent = text;
      },
      take: (files) => this.#put(files),
      conflict: (other, choose) => this.#choose(other, choose),
    });
    this.files = new Files(root, () => this.#edited());
  }

  current() {
    return this.files.current();
  }

  isChanged() {
    return this.files.isChanged();
  }

  /** Turn the code into an editor, with the caret where the reader pressed. */
  edit(place) {
    this.files.edit(place);
    if (this.files.isTypedInto) this.#edited();
    return this.draft.meetServer();
  }

  /** Bring back what the reader had written on this device. */
  restore() {
    this.draft.restore(this.current());
  }

  /** Whether the original may come back: when there is nothing to lose, or when Reset is pressed again. */
  mayReset() {
    const button = this.#button("reset");
    const isAsked = button.dataset.state === "confirm";
    if (this.isChanged() && !isAsked) {
      button.dataset.state = "confirm";
      button.querySelector("[data-label]").textContent = say("sure");
      setTimeout(() => this.#calm(button), ASK_FOR);
      return false;
    }
    this.#calm(button);
    return true;
  }

  /** Back to the original code; can be undone for 10 seconds. */
  reset() {
    if (!this.isChanged()) return;
    const mine = this.current();
    this.files.reset();
    this.draft.changed(this.current(), false);
    this.#offerUndo(mine);
  }

  #edited() {
    this.draft.changed(this.current(), this.isChanged());
    this.#changed();
  }

  #put(files) {
    this.files.put(files);
    this.#changed();
  }

  #button(name) {
    return this.#root.querySelector(`.runner [data-do="${name}"]`);
  }

  #calm(button) {
    delete button.dataset.state;
    button.querySelector("[data-label]").textContent = say("reset");
  }

  #offerUndo(mine) {
    const button = this.#button("undo");
    const leave = () => {
      if (document.activeElement === button) this.#button("run").focus();
      button.hidden = true;
    };
    button.hidden = false;
    button.onclick = () => {
      leave();
      this.#put(mine);
      this.draft.changed(mine, true);
    };
    if (document.activeElement === this.#button("reset")) button.focus();
    clearTimeout(this.#undo);
    this.#undo = setTimeout(leave, UNDO_FOR);
  }

  /** Other code was saved elsewhere: the reader says which stays. */
  #choose(other, choose) {
    this.#root.querySelector("[data-piece=conflict]")?.remove();
    const box = part("conflict");
    box.querySelector("[data-when]").textContent = say("conflict", { time: other.time });
    box.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-choice]")?.dataset.choice;
      if (!choice) return;
      const mine = this.current();
      box.remove();
      choose(choice);
      if (choice === "other") this.#offerUndo(mine);
    });
    this.#root.querySelector(".runner").before(box);
  }
}
