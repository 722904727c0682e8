/** What a program's trouble is, in known types and sizes, or null: it may be forged. */
export function readTrouble(value) {
  if (typeof value !== "object" || value === null) return null;
  const text = (key, most) => (typeof value[key] === "string" ? value[key].slice(0, most) : "");
  return {
    plain: text("plain", 1000),
    type: text("type", 200),
    message: text("message", 2000),
    file: text("file", 200),
    line: Number.isInteger(value.line) && value.line > 0 ? value.line : 0,
    trace: text("trace", 20_000),
  };
}
