// The page that an app answers with, in a frame without rights. What the frame says is untrusted.

import { insideApp } from "./browser.js";
import { runtimeBase } from "./words.js";

const ORIGIN = "http://127.0.0.1";
const MOST_FIELDS = 200;
const MOST_TEXT = 200_000;

const isText = (value) => typeof value === "string" && value.length <= MOST_TEXT;

export class Frame {
  #frame;
  #does;
  #ready;
  #listening = new AbortController();
  #path = "/";

  /** `does` holds send(request), refuse(address) and fetch(path): what the page inside may ask for. */
  constructor(frame, does) {
    this.#frame = frame;
    this.#does = does;
    const { signal } = this.#listening;
    this.#ready = new Promise((resolve) => {
      const hear = ({ source, data }) => {
        if (source !== frame.contentWindow || typeof data !== "object" || data === null) return;
        if (data.type === "ready") resolve();
        else this.#hear(data);
      };
      addEventListener("message", hear, { signal });
    });
    frame.src = `${runtimeBase}pane.html`;
  }

  /** Show an answer of the app. */
  async show(answer, path) {
    this.#path = path;
    await this.#ready;
    this.#tell({ type: "show", url: ORIGIN + path, contentType: answer.type || "text/plain", body: answer.body });
  }

  /** Hear no more of a frame that leaves the page. */
  end() {
    this.#listening.abort();
  }

  #tell(message) {
    this.#frame.contentWindow?.postMessage(message, "*");
  }

  #hear(data) {
    if (data.type === "navigate" && isText(data.path)) this.#navigate(data);
    if (data.type === "outside" && isText(data.url)) this.#does.refuse(data.url);
    if (data.type === "need" && isText(data.url)) this.#fetch(data.url);
  }

  #navigate({ method, path, form }) {
    const address = insideApp(path, this.#path);
    if (address === null) return;
    if (method !== "POST") return this.#does.send({ method: "GET", path: address });
    const fits = Array.isArray(form) && form.length <= MOST_FIELDS;
    const isForm = fits && form.every((field) => Array.isArray(field) && field.length === 2 && field.every(isText));
    if (isForm) this.#does.send({ method: "POST", path: address, form });
  }

  /** Give the frame a style sheet or picture of the app. */
  async #fetch(url) {
    const path = insideApp(url, this.#path);
    const answer = path === null ? null : await this.#does.fetch(path);
    if (!answer || answer.status !== 200) return;
    const [type] = answer.type.split(";");
    const dataUrl = type === "image/svg+xml" ? `data:${type},${encodeURIComponent(answer.body)}` : null;
    this.#tell({ type: "resource", url, css: type === "text/css" ? answer.body : null, dataUrl });
  }
}
