// Password fields: a button that shows what was typed, and a meter in words below new passwords.

const LENGTH = 12;
const texts = document.querySelector("[data-password-texts]").dataset;

function addShowButton(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "linklike";
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? texts.hide : texts.show;
  };
  show(false);
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
  input.after(button);
}

/** What a password is worth, in words; the server decides. */
function judge(password) {
  const missing = LENGTH - password.length;
  if (missing > 0) return texts.left.replace("%", missing);
  const different = new Set(password.toLowerCase()).size;
  if (different < 6) return texts.easy;
  return password.length < 16 ? texts.good : texts.veryGood;
}

function addMeter(input) {
  const meter = document.createElement("p");
  meter.className = "hint";
  meter.setAttribute("role", "status");
  input.addEventListener("input", () => {
    meter.textContent = input.value ? judge(input.value) : "";
  });
  input.after(meter);
}

for (const input of document.querySelectorAll("input[type=password]")) {
  addShowButton(input);
  if (input.autocomplete === "new-password") addMeter(input);
}
