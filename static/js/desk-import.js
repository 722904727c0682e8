// The progress of an import, fetched every second; when it is over, the page is loaded anew to show the result.

const page = document.querySelector("[data-progress]");

const look = async () => {
  try {
    const answer = await fetch(page.dataset.progress, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected) throw new Error("no answer");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
    if (fresh.dataset.state !== page.dataset.state) return location.reload();
    document.getElementById(fresh.id).replaceWith(fresh);
  } catch {
    // The next look may get an answer.
  }
  setTimeout(look, 1000);
};

setTimeout(look, 1000);
