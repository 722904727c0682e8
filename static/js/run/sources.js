// The code of a pane as it stands in the page, and what it needs to run.

/** The bundles of the page's Python, each with the imports that ask for it. */
const BUNDLES = {
  flask: "flask|werkzeug|jinja2|markupsafe|itsdangerous|click|blinker",
  django: "django",
  sqlalchemy: "sqlalchemy|alembic",
  rest_framework: "rest_framework",
  wtforms: "wtforms|flask_wtf",
  flask_login: "flask_login",
  alembic: "alembic",
  pytest: "pytest",
};

/** The text of code, read from its lines, so that nothing is sent to the page twice. */
export function sourceOf(box) {
  const lines = [...box.querySelectorAll(".line")].map((line) => {
    const copy = line.cloneNode(true);
    copy.querySelector("button.m")?.remove();
    return copy.textContent.replace(/\n$/, "");
  });
  return lines.join("\n");
}

/** The bundles that these files need. */
export function packagesOf(files) {
  const code = Object.values(files).join("\n");
  const isImported = (names) => new RegExp(`^[ \\t]*(?:from|import)[ \\t]+(?:${names})\\b`, "m").test(code);
  return Object.keys(BUNDLES).filter((name) => isImported(BUNDLES[name]));
}
