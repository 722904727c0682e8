// The places of a message text as buttons: one press puts the place at the caret of the subject or the text,
// whichever was typed in last.

const body = document.getElementById("id_body");
let field = body;

body.setSelectionRange(body.value.length, body.value.length);
for (const id of ["id_subject", "id_body"]) {
  const input = document.getElementById(id);
  input.addEventListener("focus", () => (field = input));
}

for (const place of document.querySelectorAll("[data-place]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = place.className;
  button.textContent = place.textContent;
  button.addEventListener("click", () => {
    field.setRangeText(button.textContent, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  place.replaceWith(button);
}
for (const hint of document.querySelectorAll("[data-place-hint]")) hint.hidden = false;
