"""Tells what went wrong in a learner's program: in plain words, with the file and line that are theirs."""

import html
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from .apps import App
from .sentences import say
from .workspace import Workspace

HERE = str(Path(__file__).parent)
PLACE_OF_LIBRARIES = re.compile(r'(?<=File ")[^"]*/(?:site-packages|lib/python3\.\d+|python3\d+\.zip)/')
PLACE_OF_MODULE = re.compile(r" \((?:/[^()\n]+|unknown location)\)(?=[\n.]|$)")
LONGEST_TRACE = 12_000
LONGEST_MESSAGE = 1_000
PAGE_HEADERS = [("Content-Type", "text/html; charset=utf-8")]

Trouble = dict[str, Any]

_seen: list[BaseException] = []


def watch(app: App) -> None:
    """Have the app's unhandled exceptions seen, though the framework answers them with status 500."""
    if app.framework == "flask":
        from flask import got_request_exception

        got_request_exception.connect(_note_flask, app.application)
    elif app.framework == "django":
        from django.core.signals import got_request_exception as django_got_request_exception

        django_got_request_exception.connect(_note_django)


def _note_flask(sender: Any, exception: BaseException, **extra: Any) -> None:
    _seen.append(exception)


def _note_django(sender: Any, **extra: Any) -> None:
    error = sys.exc_info()[1]
    if error is not None:
        _seen.append(error)


def forget() -> None:
    """Begin a new request."""
    _seen.clear()


def seen() -> BaseException | None:
    """Return the exception that the framework answered with status 500 in this request."""
    return _seen[-1] if _seen else None


def tell(error: BaseException, workspace: Workspace | None) -> Trouble:
    """Describe an exception for a beginner, and for those who want the whole trace."""
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 - a learner's __str__ may raise anything
        message = ""
    try:
        file, line = _place(error, workspace)
        told = say(error, message, workspace.files if workspace else {})
        trace = _trace(error, workspace)
    except (RecursionError, MemoryError):
        file, line, told, trace = None, None, "The program used up its memory.", ""
    return {
        "type": type(error).__name__,
        "message": tidy(message, workspace)[:LONGEST_MESSAGE],
        "plain": tidy(told, workspace)[:LONGEST_MESSAGE],
        "file": file,
        "line": line,
        "trace": trace,
    }


def page(told: Trouble | None) -> str:
    """Return the page that stands in for an answer that never came."""
    what = html.escape(told["plain"]) if told else ""
    return f'<!doctype html><html lang="en"><title>500</title><h1>Internal Server Error</h1><p>{what}</p>'


def _place(error: BaseException, workspace: Workspace | None) -> tuple[str | None, int | None]:
    """Return file and line of the learner's code nearest to the fault."""
    if workspace is None:
        return None, None
    debug = getattr(error, "template_debug", None)  # Django's note of where in a template it happened
    if isinstance(debug, dict) and (file := workspace.relative(debug.get("name"))):
        return file, debug.get("line")
    file = workspace.relative(getattr(error, "filename", None)) if hasattr(error, "lineno") else None
    if file:
        return file, error.lineno  # type: ignore[attr-defined]
    for one in _chain(error):
        for frame, number in reversed(list(traceback.walk_tb(one.__traceback__))):
            if file := workspace.relative(frame.f_code.co_filename):
                return file, number
    return None, None


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain and len(chain) < 10:
        chain.append(one)
        one = one.__cause__ or one.__context__
    return chain


def _trace(error: BaseException, workspace: Workspace | None) -> str:
    """Return the trace as Python prints it, without the frames of this package."""
    report = traceback.TracebackException.from_exception(error, limit=-60)
    part: traceback.TracebackException | None = report
    parts = 0
    while part is not None and parts < 10:
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if not _is_ours(frame.filename)]
        )
        part, parts = part.__cause__ or part.__context__, parts + 1
    text = tidy("".join(report.format()), workspace).rstrip()
    if len(text) > LONGEST_TRACE:
        text = f"{text[: LONGEST_TRACE // 3]}\n…\n{text[-LONGEST_TRACE * 2 // 3 :]}"
    return text


def _is_ours(filename: str) -> bool:
    return filename.startswith((HERE, "<frozen "))


def tidy(text: str, workspace: Workspace | None) -> str:
    """Return a text with files named as the learner knows them: their own, and those of libraries."""
    return PLACE_OF_MODULE.sub("", PLACE_OF_LIBRARIES.sub("", _shown(text, workspace)))


def _shown(text: str, workspace: Workspace | None) -> str:
    """Return a text with the learner's names of files, and with nothing that can't be sent on."""
    if workspace:
        text = text.replace(f"{workspace.root}/", "").replace(str(workspace.root), ".")
    return text.encode("utf-8", "replace").decode("utf-8")
