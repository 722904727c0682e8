"""Code that tries to leave the lesson: Python in its worker, and the page that an app answers with."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.conftest import SmallCourse, signed_in
from tests.e2e.lesson_code import START_TIMEOUT, app, console, pane, run, script, status
from tests.factories.lessons import make_lesson

SECRET = "kept-by-the-page"

TRIES = """\
import json
import js
from pyodide.code import run_js

outcome = {}


def attempt(name, action):
    try:
        outcome[name] = str(action())[:80]
    except BaseException as error:
        outcome[name] = "refused: " + type(error).__name__


for name in ["document", "window", "parent", "top", "opener", "localStorage", "sessionStorage", "indexedDB",
             "caches", "cookieStore", "navigator", "location", "Worker", "SharedWorker", "XMLHttpRequest",
             "WebSocket", "EventSource", "BroadcastChannel", "importScripts", "postMessage"]:
    attempt(name, lambda: getattr(js, name, None) and "there")
attempt("cookies", lambda: js.document.cookie)
attempt("eval", lambda: js.eval("1 + 1"))
attempt("function", lambda: js.Function.new("return self")())
attempt("constructor", lambda: run_js("(() => {}).constructor('return 1')()"))
attempt("worker", lambda: js.Worker.new("/static/js/shell.js"))
attempt("socket", lambda: __import__("socket").create_connection(("127.0.0.1", 80), 1))
attempt("url", lambda: __import__("urllib.request").request.urlopen("/accounts/").read())


async def ask(name, address):
    try:
        outcome[name] = "answered " + str((await js.fetch(address)).status)
    except BaseException as error:
        outcome[name] = "refused: " + type(error).__name__


def drive(task):
    try:
        task.send(None)
    except StopIteration:
        pass


drive(ask("fetch", "/accounts/"))
print(json.dumps(outcome))
"""

FORGER = """\
from pyodide.code import run_js

for message in ['{type: "result", id: 1, value: {status: 200, body: "<script>parent.forged = 1</script>"}}',
                '{type: "console", text: {toString: () => "x"}}', '{type: "nonsense"}', 'null', '"text"']:
    try:
        run_js("self.postMessage(" + message + ")")
    except BaseException as error:
        print(type(error).__name__)
print("<img src=x onerror='window.forged = 1'>")
"""

PAGE = """\
<h1>Hostile</h1>
<script>parent.forged = "script"; document.title = "ran"</script>
<img src="x" onerror="parent.forged = 'handler'">
<svg onload="parent.forged = 'svg'"></svg>
<iframe src="/accounts/" srcdoc="<script>parent.parent.forged = 'srcdoc'</script>"></iframe>
<object data="/accounts/"></object>
<meta http-equiv="refresh" content="0; url=/accounts/">
<base href="https://elsewhere.invalid/" target="_top">
<link rel="stylesheet" href="/accounts/">
<style>body {{ background: url(/accounts/?leak) }}</style>
<a href="javascript:parent.forged='link'">script link</a>
<a href="/accounts/" target="_top">top link</a>
<a href="https://elsewhere.invalid/" target="_blank">away</a>
<form action="https://elsewhere.invalid/" method="post" target="_top"><button>send away</button></form>
"""
HOSTILE_APP = f"""\
from flask import Flask

app = Flask(__name__)
PAGE = {PAGE.replace("{{", "{").replace("}}", "}")!r}


@app.route("/", methods=["GET", "POST"])
def home():
    return PAGE


@app.get("/accounts/")
def accounts():
    return "the app's own page"
"""


@pytest.fixture
def window(browser: Browser, live_server: LiveServer, learner: User) -> Iterator[BrowserContext]:
    """A browser in which a learner is signed in and the site has stored something."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    session = signed_in(learner).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context
    context.close()


@pytest.fixture
def open_lesson(window: BrowserContext, course: SmallCourse) -> Callable[..., Page]:
    def make(*body: dict[str, Any]) -> Page:
        lesson = make_lesson(course.module, slug="hostile", title="Hostile", body=list(body), is_free=True)
        page = window.new_page()
        page.goto(lesson.get_url())
        page.evaluate(f"localStorage.setItem('mine', '{SECRET}')")
        page.evaluate("window.forged = null")
        return page

    return make


def answers_to(page: Page) -> list[str]:
    """Return a list that fills with the addresses that a server answered: nothing that a policy blocked."""
    answered: list[str] = []
    page.context.on("response", lambda response: answered.append(response.url))
    return answered


def test_python_in_a_lesson_reaches_nothing_of_the_site(open_lesson: Callable[..., Page]) -> None:
    page = open_lesson(script("tries", TRIES))
    answered = answers_to(page)
    tries = run(pane(page, "tries"))
    expect(console(tries)).to_contain_text("{")
    outcome = json.loads((console(tries).text_content() or "").splitlines()[0])
    reached = {name: what for name, what in outcome.items() if what != "None" and "refused" not in what}
    assert reached == {}
    assert [url for url in answered if "/accounts/" in url] == []
    assert page.evaluate("window.forged") is None


def test_forged_messages_of_a_worker_change_nothing(open_lesson: Callable[..., Page]) -> None:
    page = open_lesson(script("forger", FORGER), script("sum", "print(1 + 1)"))
    forger = run(pane(page, "forger"))
    expect(console(forger)).to_contain_text("<img src=x onerror='window.forged = 1'>")
    expect(forger.locator("img")).to_have_count(0)
    expect(console(run(pane(page, "sum")))).to_contain_text("2")
    assert page.evaluate("window.forged") is None


def test_a_python_that_ends_itself_is_replaced(open_lesson: Callable[..., Page]) -> None:
    page = open_lesson(
        script("exit", "import os\nos._exit(3)"),
        script("memory", "x = bytearray(10_000_000_000)"),
        script("sum", "print(1 + 1)"),
    )
    run(pane(page, "exit"))
    run(pane(page, "memory"))
    expect(console(run(pane(page, "sum")))).to_contain_text("2")


def test_the_page_of_an_app_has_no_rights(open_lesson: Callable[..., Page]) -> None:
    page = open_lesson(app("hostile", HOSTILE_APP))
    address = page.url
    answered = answers_to(page)
    hostile = run(pane(page, "hostile"))
    shown = hostile.frame_locator("iframe")
    expect(shown.get_by_role("heading", name="Hostile")).to_be_visible()
    frame = page.frames[-1]
    reads = [
        "parent.document.title",
        "parent.localStorage.length",
        "localStorage.length",
        "indexedDB.open('x').name || document.cookie.length",
        "document.cookie",
    ]
    for code in reads:
        read = f"(() => {{ try {{ return 'read ' + ({code}) }} catch (error) {{ return error.name }} }})()"
        assert frame.evaluate(read) in {"SecurityError", "TypeError"}, code
    assert frame.evaluate("fetch('/accounts/').then(() => 'read', (error) => error.name)") == "TypeError"

    shown.get_by_text("script link").click()
    shown.get_by_text("away", exact=True).click()
    expect(status(hostile)).to_contain_text("another site")
    shown.get_by_role("button", name="send away").click()
    shown.get_by_text("top link").click()
    expect(shown.get_by_text("the app's own page")).to_be_visible()
    assert page.url == address
    assert len(page.context.pages) == 1
    assert page.evaluate("window.forged") is None
    assert [url for url in answered if "/accounts/" in url or "elsewhere" in url] == []


def test_the_frame_cannot_make_the_page_do_more_than_ask_the_app(open_lesson: Callable[..., Page]) -> None:
    page = open_lesson(app("hostile", HOSTILE_APP))
    hostile = run(pane(page, "hostile"))
    expect(hostile.frame_locator("iframe").get_by_role("heading", name="Hostile")).to_be_visible()
    address = page.url
    forged = [
        {"type": "navigate", "method": "GET", "path": "https://elsewhere.invalid/", "form": None},
        {"type": "navigate", "method": "POST", "path": "/", "form": "no list"},
        {"type": "navigate", "method": "DELETE", "path": "//elsewhere.invalid/", "form": None},
        {"type": "navigate", "method": "GET", "path": "javascript:window.forged=1", "form": None},
        {"type": "shown", "title": "<img src=x onerror=window.forged=1>"},
        {"type": "need", "url": "https://elsewhere.invalid/", "kind": "css"},
        {"type": "console", "text": "x"},
    ]
    for message in forged:
        page.frames[-1].evaluate("(message) => parent.postMessage(message, '*')", message)
    expect(hostile.get_by_label("Address")).to_have_value("/")
    run(hostile)
    assert page.url == address
    assert page.evaluate("window.forged") is None
    expect(status(hostile)).to_have_text("Finished. Status 200.", timeout=START_TIMEOUT)
