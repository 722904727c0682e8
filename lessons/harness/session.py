"""One learner's program and the messages that can be sent to it."""

import importlib
import json
import sqlite3
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from . import apps, shims, trouble, wsgi
from .console import console
from .place import follow
from .running import outside_loops
from .workspace import BadFiles, Workspace

LARGEST_NUMBER = 8_192  # bits

Message = dict[str, Any]


class NotStarted(RuntimeError):
    """A message came that needs a program of another kind, or any program at all."""


class Session:
    """A program that has been started, with what its messages need to remember."""

    def __init__(self, workspace: Workspace, message: Message) -> None:
        self.workspace = workspace
        self.kind, self.main = message.get("kind", "script"), message.get("main")
        self.app: apps.App | None = None
        self.module: ModuleType | None = None
        self.jars: dict[str, wsgi.Jar] = {}

    def start(self) -> Message:
        """Import the app, if it is one."""
        if self.main and self.main not in self.workspace.files:
            raise BadFiles(f"There is no file “{self.main}”.")
        shims.install("\n".join(self.workspace.files.values()))
        sys.argv = [self._main_file()]
        sys.stdin = StringIO()
        if self.kind == "app":
            sys.stdin = shims.NoKeyboard()
            self.app = apps.load_app(self.workspace, self.main)
            trouble.watch(self.app)
        return {"ok": True, "framework": self.app.framework if self.app else None}

    def about(self, message: Message) -> Message:
        """Say what runs here."""
        return {"kind": self.kind, "framework": self.app.framework if self.app else None}

    def request(self, message: Message) -> Message:
        """Send one request to the app."""
        if not self.app:
            raise NotStarted("There is no app to send a request to.")
        begun = time.perf_counter()
        trouble.forget()
        jar = self.jars.setdefault(str(message.get("jar") or "browser"), wsgi.Jar())
        answer = wsgi.send(self.app.application, message, jar, self.app.port)
        error = answer.error or trouble.seen()
        told = trouble.tell(error, self.workspace) if error else None
        if isinstance(answer.error, wsgi.BadRequest):
            raise answer.error
        if answer.error and told:
            print(told["trace"], file=sys.stderr)  # noqa: T201 - the learner's console
        if answer.cut:
            print(f"… the answer was cut after {wsgi.LARGEST_BODY:,} bytes.")  # noqa: T201
        if answer.error:
            answer.headers, answer.body = trouble.PAGE_HEADERS, trouble.page(told).encode()
        return {
            "status": answer.status,
            "reason": answer.reason,
            "headers": [list(header) for header in answer.headers],
            "body": answer.text,
            "trouble": told,
            "ms": round((time.perf_counter() - begun) * 1000, 1),
        }

    def run(self, message: Message) -> Message:
        """Run the main file as a program."""
        workspace = self.workspace
        workspace.forget_modules()
        name = self._main_file()
        path = str(workspace.root / name)
        module = ModuleType("__main__")
        module.__file__ = path
        stood, stdin, argv = sys.modules["__main__"], sys.stdin, sys.argv
        sys.modules["__main__"], sys.stdin, sys.argv = module, StringIO(message.get("stdin") or ""), [name]
        try:
            source = workspace.read(name)
            exec(compile(source, path, "exec", dont_inherit=True), vars(module))  # noqa: S102  # nosec B102
        except SystemExit as ending:
            if ending.code not in {None, 0}:
                raise
        finally:
            sys.modules["__main__"], sys.stdin, sys.argv = stood, stdin, argv
            self.module = module
        return {"trouble": None}

    def call(self, message: Message) -> Message:
        """Call a function of the main module."""
        name = str(message.get("name"))
        function = self._function(name)
        if not callable(function):
            raise NotStarted(f"There is no function “{name}” in the program.")
        return {"value": plain(function(*(message.get("args") or []), **(message.get("kwargs") or {})))}

    def rows(self, message: Message) -> Message:
        """Read rows of the program's SQLite database."""
        sql, params = str(message.get("sql")), message.get("params") or []
        missing: sqlite3.Error | None = None
        for path in _databases(self.workspace.root):
            connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
            try:
                connection.row_factory = sqlite3.Row
                return {"rows": [plain(dict(row)) for row in connection.execute(sql, params)]}
            except sqlite3.OperationalError as error:
                missing = error
            finally:
                connection.close()
        raise missing or NotStarted("The program has made no SQLite database yet.")

    def read(self, message: Message) -> Message:
        """Read a file of the program's folder."""
        return {"text": self.workspace.read(str(message.get("path")))}

    def check(self, message: Message) -> Message:
        """Run check files against the program, here in the same process."""
        from .checking import run_checks

        return {"results": run_checks(message.get("checks") or [], _OwnDoor())}

    def _main_file(self) -> str:
        names = self.workspace.python_files()
        if self.main:
            return self.main
        if not names:
            raise NotStarted("There is no Python file to run.")
        return next((name for name in ("main.py", "app.py") if name in names), names[0])

    def _function(self, name: str) -> Any:
        place, _, last = name.rpartition(".")
        if place:
            return getattr(importlib.import_module(place), last, None)
        if self.app and self.app.module and hasattr(self.app.module, name):
            return getattr(self.app.module, name)
        if self.module is None or not hasattr(self.module, name):
            self.module = self.workspace.import_file(self._main_file())
        return getattr(self.module, name, None)


class _OwnDoor:
    """The way from the checks to the program where both are in one process."""

    def ask(self, message: Message) -> Message:
        return json.loads(json.dumps(handle(message)))


_session: Session | None = None

OPERATIONS: dict[str, Callable[[Session, Message], Message]] = {
    "about": Session.about,
    "request": Session.request,
    "run": Session.run,
    "call": Session.call,
    "rows": Session.rows,
    "read": Session.read,
    "check": Session.check,
}


def handle(message: Message) -> Message:
    """Answer one message. Whatever a learner's program does, the answer can be written as JSON."""
    streams = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = console
    try:
        with outside_loops():
            answer = _operate(message)
    except BaseException as error:  # noqa: BLE001 - whatever a learner's program raises is told to them
        answer = _failure(error, message)
    finally:
        sys.stdout, sys.stderr = streams
    return answer | {"console": console.take()}


def tell_place(tell: Callable[[str, int], object], *, every: float = 1.0) -> None:
    """Have the page told the file and line of a loop that goes on."""
    follow(tell, relative=lambda name: _session.workspace.relative(name) if _session else None, every=every)


def _operate(message: Message) -> Message:
    name = message.get("op")
    if name == "start":
        return _start(message)
    if name not in OPERATIONS:
        return {"error": "There is no such operation."}
    if _session is None:
        raise NotStarted("No program has been started.")
    return OPERATIONS[name](_session, message)


def _start(message: Message) -> Message:
    """Leave the program before, if there is one, and start this one in a fresh folder."""
    global _session  # noqa: PLW0603 - one program at a time is what this process is for
    end()
    workspace = Workspace(message.get("files") or {})
    console.tidy = lambda text: trouble.tidy(text, workspace)
    _session = Session(workspace, message)
    return _session.start()


def end() -> None:
    """Remove what the last program left behind."""
    global _session  # noqa: PLW0603 - see above
    if _session:
        _session.workspace.leave()
        _session = None


def _failure(error: BaseException, message: Message) -> Message:
    told = trouble.tell(error, _session.workspace if _session else None)
    if message.get("op") in {"start", "run", "call"}:
        console.write(f"{told['trace'] if told['file'] else told['plain']}\n")
    return ({"ok": False} if message.get("op") == "start" else {}) | {"trouble": told}


def plain(value: Any) -> Any:
    """Return a value as JSON can carry it: tuples become lists, other objects their text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)
    return value if _fits_json(value) else _text(value)


def _text(value: Any) -> str:
    return hex(value) if isinstance(value, int) else str(value)


def _fits_json(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor "not a number"
    if isinstance(value, int):
        return value.bit_length() <= LARGEST_NUMBER
    return value is None or isinstance(value, str)


def _databases(root: Path) -> list[Path]:
    """Return the files of the folder that are SQLite databases, the usual name first."""
    found = []
    for path in sorted(root.rglob("*"), key=lambda path: (path.name != "db.sqlite3", str(path))):
        if path.is_file():
            with path.open("rb") as file:
                if file.read(16) == b"SQLite format 3\0":
                    found.append(path)
    return found
