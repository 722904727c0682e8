"""Stand-ins for what a page can't do, so that ordinary programs run here as they are.

The same stand-ins are used on the server: a program behaves alike in both places. Each is put in place once.
"""

import asyncio
import hashlib
import hmac
import io
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from .running import outside_loops, run_coroutine

ROUNDS = 1_000  # of password hashing: a page has no fast implementation, and lessons keep no real secrets

_done: set[str] = set()


class NotHere(RuntimeError):
    """Something that has no meaning in a lesson; the message says what to do instead."""


class NoKeyboard(io.StringIO):
    """The input of an app: there is none."""

    def readline(self, size: int | None = -1) -> NoReturn:
        raise NotHere(
            "An app can't wait for input(): nobody sits at the server's keyboard. "
            "Take what you need from the request, for example from a form."
        )

    def read(self, size: int | None = -1) -> NoReturn:
        self.readline()


def install(sources: str) -> None:
    """Put the stand-ins in place that programs with this source can need."""
    _once("python", _fit_python)
    if "flask" in sources or "werkzeug" in sources:
        _once("werkzeug", _fit_werkzeug)
    if "flask" in sources:
        _once("flask", _fit_flask)
    if "django" in sources:
        _once("django", _fit_django)
    if "django" in sources or "asgiref" in sources:
        _once("asgiref", _fit_asgiref)


def _once(name: str, fit: Callable[[], None]) -> None:
    if name in _done:
        return
    try:
        fit()
    except ImportError:
        return  # the word stands in the source, but the package isn't here; an import of it will say so
    _done.add(name)


def _fit_python() -> None:
    def leave(status: int = 1) -> NoReturn:
        raise SystemExit(status)

    os._exit = leave
    os.abort = leave
    if not hasattr(hashlib, "pbkdf2_hmac"):
        hashlib.pbkdf2_hmac = pbkdf2_hmac  # type: ignore[assignment]
    asyncio.run = _run
    sys.dont_write_bytecode = True


def _run(main: Coroutine[Any, Any, Any], **options: Any) -> Any:
    return run_coroutine(main)


def pbkdf2_hmac(
    hash_name: str, password: bytes, salt: bytes, iterations: int, dklen: int | None = None
) -> bytes:
    """Derive a key as hashlib's function of the same name does."""
    keyed = hmac.new(bytes(password), digestmod=hash_name)
    length = dklen or keyed.digest_size
    derived = b""
    while len(derived) < length:
        block = keyed.copy()
        block.update(bytes(salt) + (len(derived) // keyed.digest_size + 1).to_bytes(4, "big"))
        turn = block.digest()
        mixed = int.from_bytes(turn, "big")
        for _ in range(iterations - 1):
            block = keyed.copy()
            block.update(turn)
            turn = block.digest()
            mixed ^= int.from_bytes(turn, "big")
        derived += mixed.to_bytes(keyed.digest_size, "big")
    return derived[:length]


def _no_server(name: str) -> None:
    print(f"{name} is not needed here: the lesson is the server. Open an address in the pane.")  # noqa: T201


def _fit_werkzeug() -> None:
    from werkzeug import security, serving

    security.generate_password_hash.__defaults__ = (f"pbkdf2:sha256:{ROUNDS}", 16)
    serving.run_simple = lambda *args, **kwargs: _no_server("run_simple()")


def _fit_flask() -> None:
    from flask import Flask

    def run(self: Flask, *args: Any, debug: bool | None = None, **options: Any) -> None:
        if debug is not None:
            self.debug = bool(debug)
        _no_server("app.run()")

    Flask.run = run  # type: ignore[method-assign]


def _fit_django() -> None:
    from django.conf import LazySettings
    from django.contrib.auth import hashers
    from django.core.mail.backends import console
    from django.core.management.commands import runserver

    configure = LazySettings.configure

    def configure_with_database(self: LazySettings, *args: Any, **options: Any) -> None:
        options.setdefault("DATABASES", default_databases())
        configure(self, *args, **options)

    LazySettings.configure = configure_with_database  # type: ignore[method-assign]
    hashers.PBKDF2PasswordHasher.iterations = ROUNDS
    runserver.Command.handle = lambda *args, **options: _no_server("runserver")  # type: ignore[method-assign]
    # Mail goes to the console; the module for SMTP can't even be imported where there is no ssl.
    sys.modules["django.core.mail.backends.smtp"] = console


def default_databases() -> dict[str, dict[str, str]]:
    """Return the DATABASES setting of a project that has none."""
    name = os.path.join(os.getcwd(), "db.sqlite3")  # noqa: PTH109, PTH118 - a plain text for the settings
    return {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": name}}


def _fit_asgiref() -> None:
    from asgiref.sync import AsyncToSync, SyncToAsync

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return run_coroutine(self.awaitable(*args, **kwargs))

    async def await_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with outside_loops():
            return self.func(*args, **kwargs)

    AsyncToSync.__call__ = call  # type: ignore[method-assign]
    SyncToAsync.__call__ = await_call  # type: ignore[method-assign]
