// Hides the fields of “who enters” that don't count for the chosen trigger, and the texts of other channels
// than the chosen one in each step. Without it everything is shown, and saving empties what doesn't count.

const countsFor = JSON.parse(document.getElementById("sequence-fields").textContent);
const names = new Set(Object.values(countsFor).flat());
const trigger = document.getElementById("id_trigger");

function boxOf(name) {
  return document.getElementById(`id_${name}`).closest(".w-panel__wrapper");
}

function showWhatCounts() {
  for (const name of names) boxOf(name).hidden = !countsFor[trigger.value]?.includes(name);
}

function offerTexts(channel) {
  const text = document.getElementById(channel.id.replace(/-channel$/, "-text"));
  const label = channel.selectedOptions[0]?.textContent;
  for (const group of text.querySelectorAll("optgroup")) {
    const isOther = group.label !== label;
    group.hidden = group.disabled = isOther && !group.contains(text.selectedOptions[0]);
  }
}

trigger.addEventListener("change", showWhatCounts);
showWhatCounts();

for (const channel of document.querySelectorAll("select[id$='-channel']")) offerTexts(channel);
document.addEventListener("change", (event) => {
  if (event.target.matches("select[id$='-channel']")) offerTexts(event.target);
});
