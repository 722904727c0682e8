// What every page has: the theme choice, the sheets of the phone layout, and copy buttons.

const YEAR = 365 * 24 * 3600;

const themes = document.querySelector("[data-theme-choice]");
themes?.addEventListener("submit", (event) => {
  const chosen = event.submitter;
  if (!chosen) return;
  event.preventDefault();
  const secure = location.protocol === "https:" ? ";secure" : "";
  const age = chosen.value ? YEAR : 0;
  document.cookie = `theme=${chosen.value};path=/;max-age=${age};samesite=lax${secure}`;
  if (chosen.value) document.documentElement.dataset.theme = chosen.value;
  else delete document.documentElement.dataset.theme;
  for (const button of themes.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === chosen));
  }
});

// An open sheet covers the page: when the focus leaves it, it closes, so that nothing focused is hidden.
for (const sheet of document.querySelectorAll(".sheet[popover]")) {
  sheet.addEventListener("focusout", (event) => {
    const target = event.relatedTarget;
    if (target && !sheet.contains(target) && sheet.matches(":popover-open")) sheet.hidePopover();
  });
}

for (const details of document.querySelectorAll(".links details")) {
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary").focus();
  });
}

// Presses of Call and WhatsApp are counted by page and day; nothing says who pressed.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='tel:'], a[href^='https://wa.me/']");
  if (!link) return;
  const channel = link.protocol === "tel:" ? "call" : "whatsapp";
  navigator.sendBeacon("/enquire/clicks/", new URLSearchParams({ channel, page: location.pathname }));
});

/** The text a copy button stands for: its own, an address in this page, or the code beside it. */
function textOf(button) {
  const own = button.dataset.copy;
  if (own.startsWith("#")) return new URL(own, location.href).href;
  if (own) return own;
  const box = button.closest(".file, .pane");
  const file = box.querySelector("[data-shown]") ?? box;
  const editor = file.querySelector("textarea");
  if (editor) return editor.value;
  const code = file.querySelector(".code");
  return [...code.querySelectorAll(".line")]
    .map((line) => {
      const copy = line.cloneNode(true);
      copy.querySelector("button")?.remove();
      return copy.textContent.replace(/\n$/, "");
    })
    .join("\n");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const label = button.querySelector(".vh");
  const before = label.textContent;
  await navigator.clipboard.writeText(textOf(button));
  label.textContent = button.dataset.said;
  label.setAttribute("role", "status");
  button.dataset.state = "done";
  setTimeout(() => {
    label.textContent = before;
    label.removeAttribute("role");
    delete button.dataset.state;
  }, 2000);
});
