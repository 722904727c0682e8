// Fills the list price of the chosen cohort or course in, and says how far the price agreed is from it.
// Without it the server asks about a price that belongs to another choice.

const money = new Intl.NumberFormat("en-IN", { maximumFractionDigits: 2 });
const fill = (sentence, rupees) => sentence.replace("%", `₹${money.format(rupees)}`);
const amount = (text) => Number(text.replace(/[₹,\s]/g, ""));

for (const form of document.querySelectorAll("form[data-prices]")) {
  const { course, cohort, price, price_shown: shown } = form.elements;
  if (!course || !cohort || !price) continue;
  const note = document.createElement("p");
  note.className = "desk-minor";
  note.setAttribute("role", "status");
  price.after(note);

  const listed = () =>
    (cohort.selectedOptions[0]?.dataset.price || course.selectedOptions[0]?.dataset.price) ?? "";

  const tell = () => {
    const list = listed();
    if (list === "") {
      note.textContent = "";
      return;
    }
    const difference = price.value.trim() === "" ? 0 : Number(list) - amount(price.value);
    const { listed: said, more, less } = form.dataset;
    const far = difference ? `, ${fill(difference > 0 ? more : less, Math.abs(difference))}` : "";
    note.textContent = Number.isNaN(difference) ? "" : `${fill(said, Number(list))}${far}`;
  };

  const choose = () => {
    const list = listed();
    if ((price.value === "" || price.value === shown.value) && list !== "") {
      price.value = shown.value = money.format(Number(list));
    }
    tell();
  };

  course.addEventListener("change", () => {
    const own = cohort.selectedOptions[0]?.dataset.course;
    if (own && own !== course.value) cohort.value = "";
    choose();
  });
  cohort.addEventListener("change", () => {
    const own = cohort.selectedOptions[0]?.dataset.course;
    if (own) course.value = own;
    choose();
  });
  price.addEventListener("input", tell);
  tell();
}
