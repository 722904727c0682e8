// The code of a pane as it stands in the page, and what it needs to run.

const FRAMEWORKS = ["flask", "django", "sqlalchemy"];

/** The text of code, read from its lines, so that nothing is sent to the page twice. */
export function sourceOf(box) {
  const lines = [...box.querySelectorAll(".line")].map((line) => {
    const copy = line.cloneNode(true);
    copy.querySelector("button.m")?.remove();
    return copy.textContent.replace(/\n$/, "");
  });
  return lines.join("\n");
}

/** The packages that these files import; Flask's database package brings both of its parts. */
export function packagesOf(files) {
  const code = Object.values(files).join("\n");
  return FRAMEWORKS.filter((name) => new RegExp(`^[ \\t]*(?:from|import)[ \\t]+(?:flask_)?${name}\\b`, "m").test(code));
}
