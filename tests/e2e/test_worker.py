"""Lesson code in its worker, and learners' pages in their frame, in a real browser: what they can't reach."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from lessons import runtime

START = """async (base) => {
  const worker = new Worker(`${base}worker.mjs`, {type: "module"});
  const waiting = new Map();
  window.told = {console: "", progress: []};
  worker.onmessage = ({data}) => {
    if (data.type === "console") told.console += data.text;
    else if (data.type === "progress") told.progress.push(data);
    else waiting.get(data.id)(data);
  };
  let last = 0;
  window.ask = (message) => new Promise((answered) => {
    waiting.set(++last, answered);
    worker.postMessage({id: last, ...message});
  });
  return ask({op: "boot", packages: []});
}"""

REACH = """
import asyncio, js, pyodide_js
from pyodide.code import run_js

def reached(what, attempt):
    try:
        attempt()
    except BaseException as error:
        print(what, "refused")
    else:
        print(what, "REACHED")

for name in ("indexedDB caches navigator location postMessage XMLHttpRequest WebSocket EventSource "
             "WebTransport BroadcastChannel Worker SharedWorker importScripts cookieStore").split():
    reached(name, lambda: getattr(js.globalThis, name))
reached("prototypes", lambda: js.Object.getPrototypeOf(js.Object.getPrototypeOf(js.globalThis)).indexedDB)
reached("eval", lambda: js.eval("1"))
reached("Function", lambda: js.Function.new("return 1")())
reached("run_js", lambda: run_js("1"))
reached("socket", lambda: __import__("socket").create_connection(("SERVER", PORT), 2))
reached("urlopen", lambda: __import__("urllib.request").request.urlopen("http://SERVER:PORT/healthz/live"))

async def later():
    for what, attempt in {
        "fetch": lambda: js.fetch("/healthz/live"),
        "loadDynlib": lambda: pyodide_js._api.loadDynlib("http://SERVER:PORT/healthz/live", True),
    }.items():
        try:
            await attempt()
        except BaseException:
            print(what, "refused")
        else:
            print(what, "REACHED")
    print("done")

asyncio.ensure_future(later())
"""

PAGE = """<!doctype html><title>Shop</title>
<body onload="parent.postMessage('handler', '*')"><script>parent.postMessage("script", "*")</script>
<meta http-equiv="refresh" content="0;url=/healthz/live"><iframe src="/healthz/live"></iframe>
<a href="items/?page=2">Next</a> <a href="javascript:parent.postMessage('link', '*')">Trick</a>
<a href="https://example.com/">Away</a>
<form method="post" action="/add"><input name="csrf" type="hidden" value="t"><input name="tea" value="a & b">
<button name="how" value="now">Add</button></form>"""

SHOW = """([base, body]) => new Promise((shown) => {
  window.heard = [];
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts allow-forms";
  frame.src = `${base}pane.html`;
  addEventListener("message", ({source, data}) => {
    if (source !== frame.contentWindow) return;
    const page = {type: "show", url: "http://127.0.0.1:8000/shop/", contentType: "text/html", body};
    if (data.type === "ready") source.postMessage(page, "*");
    else if (data.type === "shown") shown(data.title);
    else heard.push(data);
  });
  document.body.append(frame);
})"""

UNTIL = "async () => { while (!(%s)) await new Promise((next) => setTimeout(next, 20)) }"
WAIT_FOR_DONE = UNTIL % "told.console.includes('done')"
WAIT_FOR_THREE = UNTIL % "heard.length >= 3"


@pytest.fixture
def base() -> str:
    built = runtime.current()
    assert built, "scripts/setup makes public/runtime"
    return built.base


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    page = browser.new_page(base_url=live_server.url)
    page.goto("/healthz/live")
    yield page
    page.close()


def test_lesson_code_reaches_nothing_but_itself(page: Page, base: str, live_server: LiveServer) -> None:
    host, port = live_server.url.removeprefix("http://").split(":")
    asked: list[str] = []
    assert page.evaluate(START, base)["type"] == "result"
    page.context.on("request", lambda request: asked.append(request.url))
    source = REACH.replace("SERVER", host).replace("PORT", port)
    message = {"op": "start", "kind": "script", "files": {"main.py": source}, "main": "main.py"}

    assert page.evaluate("ask", message)["value"]["ok"]
    assert page.evaluate("ask", {"op": "run"})["value"]["trouble"] is None
    page.evaluate(WAIT_FOR_DONE)

    said = page.evaluate("told.console")
    assert said.count("refused") >= 20
    assert "REACHED" not in said
    assert asked == []


def test_the_start_tells_how_much_has_arrived(page: Page, base: str) -> None:
    page.evaluate(START, base)

    progress = page.evaluate("told.progress")

    assert [step["loaded"] for step in progress] == sorted(step["loaded"] for step in progress)
    assert progress[-1]["loaded"] == progress[-1]["total"]
    assert 5_000_000 < progress[-1]["total"] < 9_000_000


def test_a_worker_that_can_not_start_says_so(page: Page, base: str) -> None:
    page.route("**/python.zip", lambda route: route.abort())

    answer = page.evaluate(START, base)

    assert answer["type"] == "fatal"
    assert answer["message"]


def test_output_without_end_is_cut(page: Page, base: str) -> None:
    page.evaluate(START, base)
    source = "for number in range(300_000):\n    print('x' * 40)\n"
    message = {"op": "start", "kind": "script", "files": {"main.py": source}, "main": "main.py"}
    page.evaluate("ask", message)

    page.evaluate("ask", {"op": "run"})

    assert 100_000 < page.evaluate("told.console.length") < 260_000


def test_a_learners_page_is_shown_and_runs_nothing(page: Page, base: str) -> None:
    assert page.evaluate(SHOW, [base, PAGE]) == "Shop"
    frame = page.frame_locator("iframe")

    frame.get_by_text("Trick").click()
    frame.get_by_role("link", name="Next").click()
    frame.get_by_role("link", name="Away").click()
    frame.get_by_role("button", name="Add").click()
    page.evaluate(WAIT_FOR_THREE)

    form = [["csrf", "t"], ["tea", "a & b"], ["how", "now"]]
    assert page.evaluate("heard") == [
        {"type": "navigate", "method": "GET", "path": "/shop/items/?page=2", "form": None},
        {"type": "outside", "url": "https://example.com/"},
        {"type": "navigate", "method": "POST", "path": "/add", "form": form},
    ]
    assert frame.locator("iframe, script, meta").count() == 0


def test_the_frame_reaches_neither_the_page_nor_what_it_stores(page: Page, base: str) -> None:
    page.evaluate(SHOW, [base, PAGE])
    inside = page.frames[1]

    for attempt in ("parent.document.title", "localStorage.length", "document.cookie", "top.location.href"):
        found = inside.evaluate(
            f"() => {{ try {{ {attempt}; return 'reached' }} catch (error) {{ return error.name }} }}"
        )
        assert found == "SecurityError", attempt
