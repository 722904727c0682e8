// Forms: one press sends once, a count of characters, focus on errors.

document.querySelector("[data-focus]")?.focus();

for (const form of document.querySelectorAll("form[data-sending]")) {
  const button = form.querySelector("[type=submit]");
  const label = button.textContent;
  form.addEventListener("submit", () => {
    button.disabled = true;
    button.textContent = form.dataset.sending;
  });
  // Back from the next page: the browser may show this page as it was left.
  addEventListener("pageshow", () => {
    button.disabled = false;
    button.textContent = label;
  });
}

// A guardian is asked for when the box is ticked; what is hidden isn't sent.
for (const box of document.querySelectorAll("input[name=under_18]")) {
  const inputs = box.form.querySelectorAll("[data-only-with=under_18]");
  const show = () => {
    for (const input of inputs) {
      input.closest("[data-field]").hidden = !box.checked;
      input.disabled = !box.checked;
    }
  };
  box.addEventListener("change", show);
  addEventListener("pageshow", show);
  show();
}

for (const area of document.querySelectorAll("textarea[data-count]")) {
  const most = Number(area.dataset.count);
  const line = document.createElement("p");
  const template = area.form.dataset.left ?? "%";
  line.className = "hint num";
  line.setAttribute("aria-live", "polite");
  area.after(line);
  const count = () => {
    line.textContent = template.replace("%", most - area.value.length);
  };
  area.addEventListener("input", count);
  count();
}
