// Forms marked data-fragment="id" are sent by a script; the elements of the answer take the place of those in
// the page that have their ids. Where that fails, the browser sends the form as it would without scripts.

export const post = (form, data, button) =>
  fetch(button?.getAttribute("formaction") ?? form.getAttribute("action"), {
    method: "POST",
    body: new URLSearchParams(data),
    headers: { "X-Requested-With": "fetch" },
  });

document.addEventListener("submit", async (event) => {
  const { target: form, submitter: button } = event;
  const id = form.dataset.fragment;
  if (!id || form.ariaBusy === "false") return;
  event.preventDefault();
  if (form.ariaBusy) return;
  form.ariaBusy = true;
  try {
    const text = await (await post(form, new FormData(form, button), button)).text();
    const answer = new DOMParser().parseFromString(text, "text/html");
    const focused = document.activeElement.id;
    answer.getElementById(id).dataset.new = "";
    for (const part of [...answer.body.children]) document.getElementById(part.id)?.replaceWith(part);
    const fresh = document.getElementById(id);
    (fresh.querySelector("[data-focus]") ?? document.getElementById(focused))?.focus();
    fresh.dispatchEvent(new Event("fragment", { bubbles: true }));
  } catch {
    form.ariaBusy = false;
    form.requestSubmit(button);
  }
});
