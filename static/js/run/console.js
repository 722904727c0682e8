// The console: text in small pieces, one frame at a time, so that a flood never blocks the page.

import { element, say } from "./words.js";

const MOST = 200_000;
const PIECE = 8_000;
const LONGEST_LINE = 2_000;

/** Write to one console element. */
export class Console {
  #target;
  #waiting = "";
  #text = "";
  #length = 0;
  #frame = 0;
  #last = null;

  constructor(target) {
    this.#target = target;
  }

  get isEmpty() {
    return this.#length === 0;
  }

  clear() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#waiting = "";
    this.#text = "";
    this.#length = 0;
    this.#last = null;
    this.#target.replaceChildren();
  }

  write(text) {
    if (this.#length >= MOST || !text) return;
    const room = MOST - this.#length;
    this.#waiting += text.slice(0, room);
    this.#text += text.slice(0, room);
    this.#length += text.length;
    if (text.length > room) this.#waiting += `\n${say("cut", { most: MOST.toLocaleString() })}\n`;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** Take back what was written last, when it is this text: the same stands elsewhere. */
  drop(ending) {
    const text = this.#text.trimEnd();
    if (!ending || !text.endsWith(ending.trimEnd())) return;
    this.clear();
    this.write(text.slice(0, text.length - ending.trimEnd().length));
  }

  #draw() {
    this.#frame = 0;
    const piece = this.#waiting.slice(0, PIECE);
    this.#waiting = this.#waiting.slice(PIECE);
    const broken = piece.replace(new RegExp(`[^\\n]{${LONGEST_LINE}}`, "g"), "$&\n");
    if (this.#last && this.#last.textContent.length < PIECE) {
      this.#last.append(broken);
    } else {
      this.#last = element("span", broken);
      this.#target.append(this.#last);
    }
    this.#target.scrollTop = this.#target.scrollHeight;
    if (this.#waiting) this.#frame = requestAnimationFrame(() => this.#draw());
  }
}
