"""Reads check files and runs their checks, one after the other, through a door."""

import ast
import sys
from collections.abc import Callable
from inspect import getdoc, signature
from typing import Any

from .asserting import COMPARE, compare, explain_asserts
from .door import Door, MalformedAnswer, Subject, SubjectGone, explain
from .expecting import CheckFailed, expect, shown

LONGEST_MESSAGE = 1_200

Result = dict[str, Any]
Check = Callable[..., None]


def run_checks(files: list[dict[str, str]], door: Door) -> list[Result]:
    """Return a result for each check of each file; a file that can't be read is one error."""
    results: list[Result] = []
    gone: str | None = None
    for file in files:
        try:
            checks = collect(file["source"], file["name"])
        except BaseException as error:  # noqa: BLE001 - a check file can raise anything
            results.append(_result(str(file.get("name")), "", "error", _unreadable(error)))
            continue
        if not checks:
            results.append(_result(file["name"], "", "error", "This check file holds no check."))
        for check in checks:
            if gone is not None:
                results.append(_result(check.__name__, _title(check), "error", gone))
                continue
            result, gone = _run(check, door, f"{file['name']}/{check.__name__}")
            results.append(result)
    return results


def collect(source: str, name: str) -> list[Check]:
    """Return the functions of a check file whose names start with test_, in their order."""
    sys.modules.setdefault("harness", sys.modules[__package__])
    tree = explain_asserts(ast.parse(source, name))
    namespace: dict[str, Any] = {"__name__": f"checks.{name}", "expect": expect, COMPARE: compare}
    exec(compile(tree, name, "exec", dont_inherit=True), namespace)  # noqa: S102  # nosec B102
    return [
        value
        for key, value in namespace.items()
        if key.startswith("test_")
        and callable(value)
        and getattr(value, "__module__", "") == f"checks.{name}"
    ]


def _run(check: Check, door: Door, jar: str) -> tuple[Result, str | None]:
    """Return the result, and what the checks after it are told where the program is gone."""
    subject = Subject(door, jar)
    name, title = check.__name__, _title(check)
    try:
        check(*[subject for _ in signature(check).parameters])
    except CheckFailed as failure:
        message = _with_trouble(failure.message, subject)
        return _result(name, title, "failed", message, expected=failure.expected, got=failure.got), None
    except SubjectGone as error:
        return _result(name, title, "error", str(error)), str(error)
    except MalformedAnswer as error:
        return _result(name, title, "error", str(error)), None
    except AssertionError as error:
        return _result(
            name, title, "failed", _with_trouble(str(error) or f"{title}: not yet.", subject)
        ), None
    except BaseException as error:  # noqa: BLE001 - a check can raise anything
        message = f"The check could not finish: {type(error).__name__}: {error}."
        return _result(name, title, "error", _with_trouble(message, subject)), None
    return _result(name, title, "passed", ""), None


def _with_trouble(message: str, subject: Subject) -> str:
    return f"{message} {explain(subject.trouble)}" if subject.trouble else message


def _title(check: Check) -> str:
    lines = (getdoc(check) or "").strip().splitlines()
    return (
        lines[0].rstrip(".") if lines else check.__name__.removeprefix("test_").replace("_", " ").capitalize()
    )


def _unreadable(error: BaseException) -> str:
    return f"This check file can't be used: {type(error).__name__}: {error}."


def _result(
    name: str, title: str, state: str, message: str, *, expected: Any = None, got: Any = None
) -> Result:
    return {
        "name": name,
        "title": title or name,
        "state": state,
        "message": _cut(message),
        "expected": None if expected is None else _cut(shown(expected)),
        "got": None if got is None else _cut(shown(got)),
    }


def _cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
