// The lesson editor: run the saved draft's code one item at a time, and show each result beside its block.

const panel = document.querySelector("[data-lesson-code]");
const button = panel?.querySelector("[data-run-all]");

function blockOf(id) {
  return document.querySelector(`[data-contentpath="${CSS.escape(id)}"]`);
}

function label(row) {
  const block = blockOf(row.dataset.block);
  if (!block) return;
  const name = `${row.dataset.block} ${row.dataset.part}`;
  let note = [...block.querySelectorAll(":scope > .lesson-code__note")].find((item) => item.dataset.of === name);
  if (!note) {
    note = document.createElement("p");
    note.className = "lesson-code__note";
    note.dataset.of = name;
    block.append(note);
  }
  note.dataset.state = row.dataset.state;
  note.textContent = row.textContent.replace(/\s+/g, " ").trim();
}

async function runOne(row, token) {
  const body = new URLSearchParams({ block: row.dataset.block, part: row.dataset.part, csrfmiddlewaretoken: token });
  const response = await fetch(panel.dataset.runUrl, { method: "POST", body });
  const holder = document.createElement("template");
  holder.innerHTML = await response.text();
  if (!response.ok) throw new Error(holder.content.textContent.trim());
  const fresh = holder.content.querySelector("li");
  if (!fresh) return;
  row.replaceWith(fresh);
  label(fresh);
}

button?.addEventListener("click", async () => {
  const rows = [...panel.querySelectorAll(".lesson-code__row")];
  const bar = panel.querySelector("progress");
  const status = panel.querySelector("[data-run-status]");
  const token = panel.closest("form").querySelector("[name=csrfmiddlewaretoken]").value;
  button.disabled = true;
  bar.hidden = false;
  status.textContent = "";
  try {
    for (const [done, row] of rows.entries()) {
      bar.value = done;
      await runOne(row, token);
    }
    bar.value = rows.length;
    status.textContent = status.dataset.done;
  } catch (error) {
    status.textContent = error.message || status.dataset.failed;
  } finally {
    button.disabled = false;
    bar.hidden = true;
  }
});

panel?.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go-to-block]");
  const block = link && blockOf(link.dataset.goToBlock);
  if (!block) return;
  event.preventDefault();
  block.scrollIntoView({ block: "center" });
  block.querySelector("input, textarea, button")?.focus({ preventScroll: true });
});
for (const row of panel?.querySelectorAll('.lesson-code__row:not([data-state="unknown"])') ?? []) label(row);
