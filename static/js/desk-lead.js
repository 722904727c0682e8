// The lead page: panels open when something leads to them, and the page is read again after WhatsApp was opened.

function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.querySelector("textarea, input:not([type=hidden])")?.focus();
  }
}

addEventListener("hashchange", openTarget);
openTarget();

// Text areas take their height after the browser has gone to the target; go there again.
addEventListener("load", () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target) requestAnimationFrame(() => target.scrollIntoView({ behavior: "instant" }));
});

let leftForWhatsApp = false;

for (const form of document.querySelectorAll("form[data-reload]")) {
  form.addEventListener("submit", () => {
    leftForWhatsApp = true;
  });
}

document.addEventListener("visibilitychange", () => {
  const typed = [...document.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);
  if (document.visibilityState === "visible" && leftForWhatsApp && !typed) location.reload();
});

const note = document.querySelector(".lead-bar a[href='#note-text']");
note?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("note-text").focus();
});
