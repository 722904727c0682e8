// Drafts: kept on the device at once, and on the server within 2 seconds for those who are signed in.

import { say } from "./words.js";

const SEND_AFTER = 1200;
const RETRY_AFTER = 8000;
const MEET_WITHIN = 1500;

const article = document.querySelector("article[data-lesson]");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
const isSignedIn = () => Boolean(article?.dataset.draftUrl && "signedIn" in article.dataset && token());
const sameFiles = (one, other) =>
  Object.keys({ ...one, ...other }).every((name) => (one[name] ?? "").trimEnd() === (other[name] ?? "").trimEnd());

function timeOf(iso) {
  if (!iso) return "";
  const moment = new Date(iso);
  return moment.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}

export class Draft {
  #does;
  #url = "";
  #files = null;
  #version = 0;
  #pageVersion = 0;
  #savedAt = "";
  #accepted = null;
  #timer = 0;
  #sending = false;
  #met = null;
  #isConflicting = false;

  /** `does` holds say(text), take(files) and conflict({files, time}, choose). */
  constructor(pane, does) {
    this.#does = does;
    this.part = pane.dataset.part ?? "";
    const block = pane.closest("[data-block-id]")?.dataset.blockId ?? "";
    if (!article?.dataset.lesson || !block) return;
    this.key = `draft:${article.dataset.lesson}:${block}:${this.part}`;
    if (isSignedIn()) this.#url = `${article.dataset.draftUrl}${block}/draft/`;
    this.#pageVersion = Number(pane.dataset.version) || 0;
    this.#savedAt = pane.dataset.savedAt ?? "";
    this.#version = Math.max(this.#pageVersion, this.local()?.version ?? 0);
    addEventListener("online", () => this.#files && this.#send());
    addEventListener("pagehide", () => this.#files && this.#send({ keepalive: true }));
  }

  /** What this device keeps: {files, version, isSent}, or null. */
  local() {
    if (!this.key) return null;
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
      const isMine = kept?.owner === "" || kept?.owner === this.#owner;
      return isMine && typeof kept.files === "object" ? kept : null;
    } catch {
      return null;
    }
  }

  get #owner() {
    return article.dataset.signedIn ?? "";
  }

  /** Note an edit: kept here at once, sent soon. */
  changed(files, isChanged) {
    if (!this.key) return;
    this.#files = files;
    this.#write(files, false, isChanged);
    this.#does.say(say(this.#url ? "saving" : "kept"));
    clearTimeout(this.#timer);
    if (this.#url) this.#timer = setTimeout(() => this.#send(), SEND_AFTER);
  }

  /** Bring back what this device keeps, and send up what was written before signing in or offline. */
  restore(shown) {
    const kept = this.local();
    if (!kept) return;
    const isOlder = this.#pageVersion > kept.version;
    if (isOlder && (kept.isSent || sameFiles(kept.files, shown))) return;
    this.#does.take(kept.files);
    if (!this.#url) return void this.#does.say(say("kept"));
    if (kept.isSent) return;
    this.#files = kept.files;
    if (isOlder) this.#conflict({ files: shown, version: this.#pageVersion, saved_at: this.#savedAt });
    else this.#send();
  }

  /** Note that the server has these files from somewhere else on this page, with a version to be learnt. */
  handedIn(files) {
    clearTimeout(this.#timer);
    this.#files = null;
    this.#accepted = files;
    this.#write(files, true, true);
    this.#does.say(say("saved", { time: timeOf(Date.now()) }));
  }

  /** Ask once, at the first sign of use, whether another device has newer code. */
  meetServer() {
    if (!this.#url) return undefined;
    this.#met ??= this.#meet();
    return Promise.race([this.#met, new Promise((resolve) => setTimeout(resolve, MEET_WITHIN))]);
  }

  async #meet() {
    try {
      const response = await fetch(`${this.#url}?part=${encodeURIComponent(this.part)}`, {
        headers: { Accept: "application/json" },
      });
      if (!response.ok || response.status === 204) return;
      const theirs = await response.json();
      if (!theirs?.files || theirs.version <= this.#version) return;
      const mine = this.local();
      if (mine && !mine.isSent && !sameFiles(mine.files, theirs.files)) return this.#conflict(theirs);
      this.#version = theirs.version;
      this.#write(theirs.files, true, true);
      this.#does.take(theirs.files);
      this.#does.say(say("saved", { time: timeOf(theirs.saved_at) }));
    } catch {
      // Offline: what is on this device stands.
    }
  }

  async #send({ keepalive = false } = {}) {
    clearTimeout(this.#timer);
    if (!this.#url || this.#sending || this.#isConflicting) return;
    const files = this.#files;
    this.#sending = true;
    this.#does.say(say("saving"));
    let again = 0;
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        keepalive,
        headers: { "Content-Type": "application/json", "X-CSRFToken": token(), Accept: "application/json" },
        body: JSON.stringify({ part: this.part, files, version: this.#version }),
      });
      const answer = response.headers.get("content-type")?.includes("json") ? await response.json() : {};
      if (response.status >= 500 || response.status === 429) again = RETRY_AFTER;
      if (response.status === 409) again = this.#meetOther(answer);
      else if (response.ok && answer.version) this.#sent(files, answer);
      else this.#does.say(typeof answer.error === "string" && !again ? answer.error : say(again ? "unsent" : "kept"));
    } catch {
      this.#does.say(say(navigator.onLine || this.local() ? "unsent" : "offline"));
      again = navigator.onLine ? RETRY_AFTER : 0;
    }
    this.#sending = false;
    if (this.#files && this.#files !== files && !this.#isConflicting) again ||= 1;
    if (again) this.#timer = setTimeout(() => this.#send(), again);
  }

  #sent(files, { version, saved_at }) {
    this.#version = version;
    if (this.#files !== files) return;
    this.#files = null;
    this.#write(files, true, true);
    this.#does.say(say("saved", { time: timeOf(saved_at) }));
  }

  /** The server has another version: what this page handed in itself is no conflict. */
  #meetOther(answer) {
    if (this.#accepted && sameFiles(answer.files, this.#accepted)) {
      this.#accepted = null;
      this.#version = answer.version;
      return 1;
    }
    this.#conflict(answer);
    return 0;
  }

  /** Both are kept until the reader has chosen: theirs on the server, mine on this device. */
  #conflict(theirs) {
    this.#isConflicting = true;
    this.#does.say(say("kept"));
    this.#does.conflict({ files: theirs.files, time: timeOf(theirs.saved_at) }, (choice) => {
      this.#isConflicting = false;
      this.#version = theirs.version;
      if (choice === "mine") {
        this.#files ??= this.local()?.files ?? null;
        if (this.#files) this.#send();
        return;
      }
      this.#files = null;
      this.#write(theirs.files, true, true);
      this.#does.take(theirs.files);
      this.#does.say(say("saved", { time: timeOf(theirs.saved_at) }));
    });
  }

  #write(files, isSent, isWorthKeeping) {
    try {
      if (!isWorthKeeping && (isSent || !this.#url)) return localStorage.removeItem(this.key);
      const kept = { files, version: this.#version, isSent, owner: this.#owner };
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // Storage is blocked or full: the server has it, or the page alone.
    }
    return undefined;
  }
}
