// Says in words when a passkey or security key could not be used.

const texts = document.querySelector("[data-passkey-texts]").dataset;

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.getElementById("passkey-problem");
  const name = event.detail.exception.name;
  const reason = texts[name.charAt(0).toLowerCase() + name.slice(1)] ?? texts.other;
  place.replaceChildren();
  const line = document.createElement("p");
  line.className = "note";
  line.dataset.kind = "warning";
  line.textContent = reason;
  place.append(line);
});
