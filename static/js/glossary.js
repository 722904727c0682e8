// Narrows a glossary to the terms that hold what is typed; the page is whole without it.
const field = document.querySelector("[data-find]");
const told = document.querySelector("[data-found]");
const letters = [...document.querySelectorAll("[data-letter]")];

const plain = (text) => text.toLocaleLowerCase().normalize("NFKD");

function narrow() {
  const wanted = plain(field.value.trim());
  let count = 0;
  for (const letter of letters) {
    const terms = [...letter.querySelectorAll("[data-term]")];
    for (const term of terms) term.hidden = !plain(term.textContent).includes(wanted);
    letter.hidden = terms.every((term) => term.hidden);
    count += terms.filter((term) => !term.hidden).length;
  }
  told.textContent = count ? "" : told.dataset.none;
}

field?.addEventListener("input", narrow);
