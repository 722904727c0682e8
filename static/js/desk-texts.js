// The places of a message text as buttons: one press puts the place at the caret of the subject or the text,
// whichever was typed in last. Fields that the chosen channel doesn't ask for are hidden.

const fields = ["id_subject", "id_body", "id_subject_ta", "id_body_ta"].map((id) => document.getElementById(id));
const body = document.getElementById("id_body");
let field = body;

body.setSelectionRange(body.value.length, body.value.length);
for (const input of fields) input.addEventListener("focus", () => (field = input));

for (const place of document.querySelectorAll("[data-place]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = place.className;
  button.textContent = place.textContent;
  button.title = place.title;
  button.addEventListener("click", () => {
    field.setRangeText(button.textContent, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  place.replaceWith(button);
}
for (const hint of document.querySelectorAll("[data-place-hint]")) hint.hidden = false;

const askedBy = {
  subject: ["email"],
  subject_ta: ["email"],
  whatsapp_template: ["whatsapp"],
  dlt_template: ["sms"],
  dlt_header: ["sms"],
  is_offered: ["email", "whatsapp"],
};
const channel = document.getElementById("id_channel");

function showWhatCounts() {
  for (const [name, channels] of Object.entries(askedBy)) {
    const input = document.getElementById(`id_${name}`);
    input.closest(".w-panel__wrapper").hidden = channel.value !== "" && !channels.includes(channel.value);
  }
  for (const panel of document.querySelectorAll("#w-editor-form .w-panel:has(.w-panel__wrapper)")) {
    panel.hidden = !panel.querySelector(".w-panel__wrapper:not([hidden])");
  }
  if (field.closest("[hidden]")) field = body;
}

channel.addEventListener("change", showWhatCounts);
showWhatCounts();
