// Password fields: a button that shows what was typed, and a meter in words below new passwords.

const LENGTH = 12;

function addShowButton(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "linklike";
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? "Hide password" : "Show password";
  };
  show(false);
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
  input.after(button);
}

/** What a password is worth, in words; the server decides. */
function judge(password) {
  const missing = LENGTH - password.length;
  if (missing > 0) return missing === 1 ? "1 character to go" : `${missing} characters to go`;
  const different = new Set(password.toLowerCase()).size;
  if (different < 6) return "Long enough, but easy to guess: use more different characters";
  return password.length < 16 ? "Good" : "Very good";
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
