// Says in words when a passkey or security key could not be used.

const REASONS = {
  InvalidStateError: "This device is registered already.",
  NotAllowedError: "No key was used. Try again, or use another way.",
  NotSupportedError: "This browser can’t use such a key. Use another way.",
  SecurityError: "Keys don’t work at this web address. Use another way.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.getElementById("passkey-problem");
  const reason = REASONS[event.detail.exception.name] ?? "The key could not be used. Try again, or use another way.";
  place.replaceChildren();
  const line = document.createElement("p");
  line.className = "note";
  line.dataset.kind = "warning";
  line.textContent = reason;
  place.append(line);
});
