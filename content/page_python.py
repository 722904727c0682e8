"""The Python that runs in pages, under Node: what passes on the server must pass there too."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Timer
from typing import Any, TextIO, cast

from django.conf import settings

from content.checking import Place, find_flaws
from content.errors import CourseFileError
from lessons.example_runs import Runnable
from lessons.examples import Example

BUNDLES = {
    "flask": "flask|werkzeug|jinja2|markupsafe|itsdangerous|click|blinker",
    "django": "django",
    "sqlalchemy": "sqlalchemy|alembic",
    "rest_framework": "rest_framework",
    "wtforms": "wtforms|flask_wtf",
    "flask_login": "flask_login",
    "alembic": "alembic",
    "pytest": "pytest",
}
"""The bundles of the page's Python with the imports that ask for them, as in `static/js/run/sources.js`."""
MOST_SECONDS = 60
"""For one answer; a page's Python that says nothing for longer is ended."""


class PagePythonEnded(Exception):
    """The page's Python is not there, broke, or took too long; the message says what it wrote."""


class PagePython:
    """One Node process, in which a new Python is started as often as it is needed.

    Every Run in a page has a Python of its own. Django needs that here too; apps of Flask and scripts leave
    nothing behind that the next one sees, so that Python is only changed for other packages.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._questions = cast("TextIO", process.stdin)
        self._answers = cast("TextIO", process.stdout)
        self._packages: list[str] = []

    def run(self, item: Runnable) -> tuple[bool, dict[str, Any]]:
        """Run an example, or a solution against its checks: whether it is good, and what came."""
        packages = packages_of(item)
        if packages != self._packages or "django" in packages:
            self._ask({"op": "fresh", "packages": packages})
            self._packages = packages
        started = self._ask({"op": "start", "kind": item.kind, "files": dict(item.files)})
        if not started["ok"]:
            return False, started
        if not isinstance(item, Example):
            results = self._ask({"op": "check", "checks": [dict(file) for file in item.check_files]})[
                "results"
            ]
            passed = bool(results) and all(result["state"] == "passed" for result in results)
            return passed, {"results": results}
        requests: list[dict[str, Any]] = [{"op": "request", **request} for request in item.requests]
        answers = [self._ask(message) for message in requests or [{"op": "run", "stdin": ""}]]
        trouble = next((answer["trouble"] for answer in answers if answer["trouble"]), None)
        is_good = not trouble and all(answer.get("status", 200) < 500 for answer in answers)
        return is_good, {"responses": answers, "trouble": trouble}

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        watchdog = Timer(MOST_SECONDS, self._process.kill)
        watchdog.start()
        try:
            self._questions.write(json.dumps(message) + "\n")
            self._questions.flush()
            answer = self._answers.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watchdog.cancel()
        if not answer:
            raise PagePythonEnded(f"The page's Python ended without an answer to “{message['op']}”.")
        return json.loads(answer)


class PagePythons:
    """Several of them, each lent to one caller at a time."""

    def __init__(self, pythons: list[PagePython]) -> None:
        self._free: SimpleQueue[PagePython] = SimpleQueue()
        for python in pythons:
            self._free.put(python)

    def run(self, item: Runnable) -> tuple[bool, dict[str, Any]]:
        """Run an item in the next free one; waits for it."""
        python = self._free.get()
        try:
            return python.run(item)
        finally:
            self._free.put(python)


def find_flaws_in_page(places: list[Place], *, workers: int) -> list[CourseFileError]:
    """Run everything in the page's Python and return what is wrong; raises PagePythonEnded."""
    with page_pythons(workers) as pythons:
        alike = sorted(places, key=lambda place: packages_of(place.item))
        return find_flaws(alike, pythons.run, workers=workers)


def packages_of(item: Runnable) -> list[str]:
    """Return the bundles that a page loads for these files."""
    code = "\n".join(item.files.values())
    imported = r"^[ \t]*(?:from|import)[ \t]+(?:{})\b"
    return [name for name, names in BUNDLES.items() if re.search(imported.format(names), code, re.MULTILINE)]


@contextmanager
def page_pythons(count: int) -> Iterator[PagePythons]:
    """Start so many and end them; raises PagePythonEnded."""
    node = shutil.which("node")
    if node is None:
        raise PagePythonEnded("The page's Python needs Node, which is not installed here.")
    command = [node, str(settings.BASE_DIR / "scripts" / "run-in-pyodide.mjs")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")  # noqa: S603 - a script of ours
        for _number in range(count)
    ]
    try:
        yield PagePythons([PagePython(process) for process in processes])
    finally:
        for process in processes:
            process.kill()
            process.communicate()
