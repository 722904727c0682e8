// Leaves a worker the language and little else. Lesson code can name everything global (`import js`), and a
// worker of the site could otherwise read what the site stores on the device and talk to its other pages.

const LANGUAGE = [
  "AggregateError", "Array", "ArrayBuffer", "AsyncDisposableStack", "Atomics", "BigInt", "BigInt64Array",
  "BigUint64Array", "Boolean", "DataView", "Date", "DisposableStack", "Error", "EvalError",
  "FinalizationRegistry", "Float16Array", "Float32Array", "Float64Array", "Function", "Infinity", "Int16Array",
  "Int32Array", "Int8Array", "Intl", "Iterator", "JSON", "Map", "Math", "NaN", "Number", "Object", "Promise",
  "Proxy", "RangeError", "ReferenceError", "Reflect", "RegExp", "Set", "SharedArrayBuffer", "String",
  "SuppressedError", "Symbol", "SyntaxError", "Temporal", "TypeError", "URIError", "Uint16Array", "Uint32Array",
  "Uint8Array", "Uint8ClampedArray", "WeakMap", "WeakRef", "WeakSet", "WebAssembly", "decodeURI",
  "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "eval", "globalThis", "isFinite", "isNaN",
  "parseFloat", "parseInt", "undefined", "unescape",
];
/** What Pyodide calls while Python runs, and what reaches nothing outside the worker. */
const HARMLESS = [
  "AbortController", "AbortSignal", "DOMException", "Event", "EventTarget", "MessageChannel", "MessageEvent",
  "MessagePort", "TextDecoder", "TextEncoder", "URL", "URLSearchParams", "atob", "btoa", "clearInterval",
  "clearTimeout", "console", "crypto", "performance", "queueMicrotask", "self", "setInterval", "setTimeout",
  "structuredClone",
];
const KEPT = new Set([...LANGUAGE, ...HARMLESS]);

/** None of these may be left, in any browser: the start fails where one is. */
const FORBIDDEN = [
  "BroadcastChannel", "EventSource", "SharedWorker", "WebSocket", "WebTransport", "Worker", "XMLHttpRequest",
  "caches", "cookieStore", "fetch", "importScripts", "indexedDB", "location", "navigator", "postMessage",
  "storage", "webkitRequestFileSystem", "webkitResolveLocalFileSystemURL",
];

/** Remove every global name that isn't kept, from the worker's global and from what it inherits. */
export function lockDown() {
  for (let place = globalThis; place && place !== EventTarget.prototype; place = Object.getPrototypeOf(place)) {
    for (const name of Object.getOwnPropertyNames(place)) {
      if (!KEPT.has(name) && name !== "constructor") remove(place, name);
    }
  }
  const left = FORBIDDEN.filter((name) => globalThis[name] !== undefined);
  if (left.length) throw new Error(`This browser doesn't let go of ${left.join(", ")}.`);
  globalThis.fetch = () => Promise.reject(new Error("There is no network for code that runs in a lesson."));
}

function remove(place, name) {
  try {
    if (Reflect.deleteProperty(place, name)) return;
    Object.defineProperty(place, name, { value: undefined });
  } catch {
    // What neither goes nor changes is looked for above.
  }
}
