"""The page's Python gives the answers that the server's Python gives, to the same messages.

The runtime is built by scripts/setup, so these tests run it under Node and fail where it is missing.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lessons.harness.programs import (
    DJANGO_BOARD,
    DJANGO_CHECKS,
    FLASK_BOARD,
    Program,
    in_page,
    on_server,
)
from tests.lessons.harness.test_apps import HASHING
from tests.lessons.harness.test_checking import BOARD_CHECKS

ASYNC_SCRIPT = """
import asyncio, hashlib, sqlite3, time
from zoneinfo import ZoneInfo
from datetime import datetime

async def wait(n):
    await asyncio.sleep(0.001 * n)
    return n

async def main():
    async with asyncio.timeout(5):
        print(await asyncio.gather(wait(2), wait(1)))
    queue = asyncio.Queue()
    await queue.put("job")
    print(await queue.get())

asyncio.run(main())
print(hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 1_000, 40).hex())
print(datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")).utcoffset())
with sqlite3.connect("jobs.db") as data:
    data.execute("CREATE TABLE job (title TEXT)")
    data.execute("INSERT INTO job VALUES ('Tester')")
def total(prices):
    return sum(prices)
"""

MISTAKES = (
    "if True\n  pass", "print(totl)", "[][1]", "def f(): return f()\nf()", "import os; os._exit(1)",
    "int('x')", "None.title", "from math import sqr", "raise KeyboardInterrupt", "input()",
    "print('x' * 300_000)", "open('no.txt')", "import pandaz",
)  # fmt: skip


def script(source: str, *then: dict[str, Any]) -> list[dict[str, Any]]:
    start = {"op": "start", "kind": "script", "files": {"main.py": source}}
    return [start, {"op": "run", "stdin": ""}, *then]


def app(files: dict[str, str], *then: dict[str, Any] | str) -> list[dict[str, Any]]:
    asked = [{"op": "request", "method": "GET", "path": one} if isinstance(one, str) else one for one in then]
    return [{"op": "start", "kind": "app", "files": files}, *asked]


def checks(source: str) -> dict[str, Any]:
    return {"op": "check", "checks": [{"name": "checks.py", "source": source}]}


DIALOGUES = {
    "script": script(
        ASYNC_SCRIPT,
        {"op": "call", "name": "total", "args": [[1, 2]], "kwargs": {}},
        {"op": "rows", "sql": "SELECT * FROM job", "params": []},
        {"op": "read", "path": "main.py"},
    ),
    "mistakes": [
        message
        for source in MISTAKES
        for message in script(source)
    ],
    "flask": app(
        FLASK_BOARD, "/", "/api/?q=caf%C3%A9", "/broken/", "/nowhere/",
        {"op": "request", "method": "PUT", "path": "/echo/", "json": {"a": "é"}}, checks(BOARD_CHECKS),
    ),
    "passwords": script(HASHING),
    "django": app(
        DJANGO_BOARD, "/waiting/", "/too-direct/", "/missing/", "/broken-link/", "/nowhere/", "/mail/",
        "/static/admin/css/base.css", checks(DJANGO_CHECKS),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def page_python() -> Iterator[Program]:
    with in_page("flask", "django") as program:
        yield program


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without clocks, the system's error numbers and the traces of library code."""
    kept = {name: value for name, value in answer.items() if name not in {"ms", "headers"}}
    if trouble := answer.get("trouble"):
        message = re.sub(r"^\[Errno \d+\] ", "", trouble["message"])
        kept["trouble"] = {**trouble, "message": message, "trace": ""}
        kept["console"] = kept["body"] = None
    if "Message-ID" in answer.get("console", ""):
        kept["console"] = None
    return kept


@pytest.mark.parametrize("name", DIALOGUES)
def test_same_messages_same_answers(page_python: Program, tmp_path: Path, name: str) -> None:
    assert page_python.ask({"op": "fresh"}) == {"ok": True}
    with on_server(tmp_path) as server:
        for message in DIALOGUES[name]:
            assert comparable(page_python.ask(message)) == comparable(server.ask(message)), message


def test_script_that_only_speaks_of_frameworks_needs_neither() -> None:
    with in_page() as program:
        program.start({"main.py": "# like flask, like django\nprint('done')"}, "script")
        assert program.ask({"op": "run"}) == {"console": "done\n", "trouble": None}
        assert not program.start({"app.py": "import flask"})["ok"]
