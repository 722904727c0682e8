"""Measure how fast lessons run code in Chromium, against a server that shows the demo course.

    .venv/bin/python bench/runner.py http://127.0.0.1:8000

Prints medians. A cold start has an empty browser cache, a warm one a new page with the cache, "again" is a
second press in the same page. Times are taken in the page, from the press to the answer.
"""

import argparse
import gzip
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

LESSON = "/courses/python-full-stack/first-pages/why-a-framework/"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WATCH = """() => {
    window.longest = 0;
    window.states = [];
    const note = ({ duration }) => (window.longest = Math.max(window.longest, duration));
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: "longtask" });
    const write = (pane) => window.states.push([pane.dataset.runnerState, performance.now()]);
    const watcher = new MutationObserver((changes) => changes.forEach(({ target }) => write(target)));
    watcher.observe(document, { subtree: true, attributeFilter: ["data-runner-state"] });
    document.addEventListener("click", () => (window.states = [["asked", performance.now()]]), true);
}"""

ENDED = "() => window.states.some(([state]) => ['finished', 'error'].includes(state))"


@dataclass
class Figures:
    """What was measured, by name, with the unit in the name."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.values.setdefault(name, []).append(value)

    def show(self) -> None:
        width = max(map(len, self.values))
        for name, values in self.values.items():
            print(f"{name:{width}}  {median(values):8.1f}   ({min(values):.1f} to {max(values):.1f})")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure running code in Chromium.")
    parser.add_argument("address", help="of a running server, such as http://127.0.0.1:8000")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    figures = Figures()
    with sync_playwright() as playwright:
        chromium = next(path for name in BROWSERS if (path := which(name)))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=60_000)
        for _ in range(options.runs):
            for part in ("flask", "django"):
                measure_part(browser, options.address, part, figures)
            measure_check(browser, options.address, figures)
        browser.close()
    figures.show()


def measure_part(browser: Browser, address: str, part: str, figures: Figures) -> None:
    """A pane of one framework: cold, warm, again, and a later request."""
    context = browser.new_context(base_url=address)
    page = open_lesson(context)
    figures.add("JavaScript before Run, KB gzip", scripts_before_run(page))
    before = memory_of(browser)
    times = press(page, runnable(page, part), "Run")
    figures.add(f"{part}: cold, press to page, ms", times["finished"])
    figures.add(f"{part}: cold, press to Python, ms", times["running"])
    figures.add(f"{part}: cold, loaded, MB", megabytes_loaded(runnable(page, part)))
    figures.add(f"{part}: first response after the start, ms", times["finished"] - times["running"])
    figures.add(f"{part}: memory of the page grew by, MB", memory_of(browser) - before)
    figures.add(f"{part}: later response, ms", press(page, runnable(page, part), "Reload")["finished"])
    page.wait_for_timeout(4000)  # the spare starts
    figures.add(f"{part}: again, press to page, ms", press(page, runnable(page, part), "Run")["finished"])
    figures.add("longest task of the page, ms", page.evaluate("window.longest"))
    page.close()

    page = open_lesson(context)
    times = press(page, runnable(page, part), "Run")
    figures.add(f"{part}: warm, press to page, ms", times["finished"])
    figures.add(f"{part}: warm, press to Python, ms", times["running"])
    context.close()


def measure_check(browser: Browser, address: str, figures: Figures) -> None:
    """The checks of the lesson's exercise, with Python loaded on this device, then with it running."""
    context = browser.new_context(base_url=address)
    for name in ("cold", "warm"):
        page = open_lesson(context)
        pane = page.locator(".exercise .pane[data-run]:visible").first
        figures.add(f"check: {name}, ms", press(page, pane, "Check")["finished"])
        if name == "warm":
            page.wait_for_timeout(4000)
            figures.add("check: again, ms", press(page, pane, "Check")["finished"])
        page.close()
    context.close()


def open_lesson(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(LESSON, wait_until="networkidle")
    page.evaluate(WATCH)
    return page


def runnable(page: Page, part: str) -> Locator:
    return page.locator(f'.pair .pane[data-run][data-part="{part}"]').first


def press(page: Page, pane: Locator, name: str) -> dict[str, float]:
    """Press a button of a pane and return when it came to each of its states, in milliseconds."""
    pane.get_by_role("button", name=name).first.dispatch_event("click")
    page.wait_for_function(ENDED, timeout=60_000)
    states: list[tuple[str, float]] = page.evaluate("window.states")
    (_, begun), *later = states
    assert later[-1][0] == "finished", later
    return {state: moment - begun for state, moment in later}


def scripts_before_run(page: Page) -> float:
    names = page.evaluate(
        "performance.getEntriesByType('resource').map((e) => e.name).filter((name) => /\\.m?js$/.test(name))"
    )
    bodies = [page.request.get(name).body() for name in set(names)]
    return sum(len(gzip.compress(body, 6)) for body in bodies) / 1000


def megabytes_loaded(pane: Locator) -> float:
    """What the loading bar counted up to: everything a first visit transfers."""
    return float((pane.locator("[data-amount]").text_content() or "").split()[-2])


def memory_of(browser: Browser) -> float:
    """Megabytes that the browser's pages hold, their workers included."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return sum(resident(process["id"]) for process in processes if process["type"] == "renderer")


def resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1000


if __name__ == "__main__":
    main()
