// The preview of a text follows what is typed. Without this script two buttons show it on a page of its own.

const form = document.getElementById("w-editor-form");
const place = document.querySelector("[data-preview]");
const show = document.querySelector("[data-preview-show]");
const send = document.querySelector("[data-preview-send]");
const key = document.getElementById("preview-key");
let waiting;
let newest;

async function ask(button, also = {}) {
  clearTimeout(waiting);
  newest?.abort();
  newest = new AbortController();
  const data = new FormData(form);
  for (const [name, value] of Object.entries(also)) data.set(name, value);
  try {
    const answer = await fetch(button.formAction, {
      method: "POST",
      body: data,
      headers: { "X-Requested-With": "fetch" },
      signal: newest.signal,
    });
    if (answer.redirected || answer.status >= 500) throw new Error(answer.statusText);
    place.innerHTML = await answer.text();
    return answer.ok;
  } catch (error) {
    if (error.name !== "AbortError") place.textContent = place.dataset.failed;
    return false;
  }
}

const isWritten = () => document.getElementById("id_channel").value && document.getElementById("id_body").value.trim();

function soon(event) {
  if (!event.target.closest("#w-editor-form") && !event.target.closest(".text-panel__fields")) return;
  clearTimeout(waiting);
  if (isWritten()) waiting = setTimeout(() => ask(show), 500);
}

document.addEventListener("input", soon);
document.addEventListener("change", soon);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.id === "preview-lead") {
    event.preventDefault();
    ask(show);
  }
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-preview-show], [data-preview-send], [data-chosen]");
  if (!button) return;
  event.preventDefault();
  if (button === send) {
    if (await ask(send)) key.value = crypto.randomUUID();
  } else if (button === show) {
    ask(show);
  } else {
    document.getElementById("preview-lead").value = button.value;
    await ask(show);
    document.getElementById("preview-lead").focus();
  }
});
if (isWritten()) ask(show);
