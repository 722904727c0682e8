"""Calls a WSGI application as a server would, and keeps cookies as a browser would."""

import io
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode, urlsplit

LARGEST_BODY = 2_000_000
OWN_HOSTS = {"", "localhost", "127.0.0.1"}

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BadRequest(ValueError):
    """The request can't be sent; the message says why."""


@dataclass
class Answer:
    """What the application answered; `error` is what it raised in place of answering."""

    status: int = 500
    reason: str = "Internal Server Error"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    cut: bool = False
    error: BaseException | None = None

    @property
    def text(self) -> str:
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        _, _, charset = kind.partition("charset=")
        try:
            return self.body.decode(charset.partition(";")[0].strip(' "') or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


class Jar:
    """The cookies of one browser."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], str] = {}

    def header(self, path: str) -> str:
        """Return the cookies for an address, those of the longest path first."""
        found = [
            (place, name, value) for (place, name), value in self._cookies.items() if _covers(place, path)
        ]
        found.sort(key=lambda cookie: -len(cookie[0]))
        return "; ".join(f"{name}={value}" for _, name, value in found)

    def take(self, headers: list[tuple[str, str]]) -> None:
        """Keep what the headers set, and drop what they end."""
        for name, value in headers:
            if name.lower() != "set-cookie":
                continue
            cookies: SimpleCookie = SimpleCookie()
            try:
                cookies.load(value)
            except CookieError:
                continue
            for key, morsel in cookies.items():
                place = (morsel["path"] or "/", key)
                if _has_ended(morsel):
                    self._cookies.pop(place, None)
                else:
                    self._cookies[place] = morsel.coded_value


def send(application: Application, message: dict[str, Any], jar: Jar, port: int) -> Answer:
    """Send one request to the application and return its whole answer."""
    environ = _environ(message, jar, port)
    answer = Answer()
    started = False
    chunks: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        nonlocal started
        if started and not exc_info:
            raise AssertionError("start_response was called twice.")
        started = True
        code, _, reason = status.partition(" ")
        answer.status, answer.reason = int(code), reason or _phrase(int(code))
        answer.headers = [(str(name), str(value)) for name, value in headers]
        return chunks.append

    try:
        result = application(environ, start_response)
        try:
            answer.cut = _gather(result, chunks)
        finally:
            close = getattr(result, "close", None)
            if close:
                close()
        if not started:
            raise AssertionError("The application never called start_response.")
    except BaseException as error:  # noqa: BLE001 - whatever a learner's program raises is told to them
        return Answer(error=error)
    answer.body = b"".join(chunks)[:LARGEST_BODY]
    jar.take(answer.headers)
    return answer


def _gather(result: Iterable[bytes], chunks: list[bytes]) -> bool:
    length = 0
    for chunk in result:
        if not isinstance(chunk, bytes):
            raise TypeError(f"A WSGI application answers with bytes, not {type(chunk).__name__}.")
        chunks.append(chunk)
        length += len(chunk)
        if length > LARGEST_BODY:
            return True
    return False


def _environ(message: dict[str, Any], jar: Jar, port: int) -> dict[str, Any]:
    path, query = _target(message.get("path") or "/")
    body, kind = _body(message)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": str(message.get("method") or "GET").upper(),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": f"{path}?{query}" if query else path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": f"localhost:{port}",
        "HTTP_USER_AGENT": "Facing Pages",
        "HTTP_ACCEPT": "text/html,application/json;q=0.9,*/*;q=0.8",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if kind:
        environ["CONTENT_TYPE"] = kind
    if kind or body:
        environ["CONTENT_LENGTH"] = str(len(body))
    if cookies := jar.header(path):
        environ["HTTP_COOKIE"] = cookies
    for name, value in dict(message.get("headers") or {}).items():
        key = str(name).upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = str(value)
    return environ


def _target(address: str) -> tuple[str, str]:
    """Return path and query, percent-encoded; raises BadRequest for an address elsewhere."""
    if address.startswith("//"):
        address = "/" + address.lstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in {"", "http", "https"} or (parts.hostname or "") not in OWN_HOSTS:
        raise BadRequest(f"“{address}” leads out of this lesson. Only addresses of this app can be opened.")
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return path, parts.query.encode("utf-8").decode("latin-1")


def _body(message: dict[str, Any]) -> tuple[bytes, str]:
    if message.get("json") is not None:
        return json.dumps(message["json"]).encode(), "application/json"
    form = message.get("form")
    if form is not None:
        pairs = form.items() if isinstance(form, dict) else form
        text = urlencode([(name, value) for name, value in pairs], doseq=True)
        return text.encode(), "application/x-www-form-urlencoded"
    body = message.get("body")
    return (body or "").encode("utf-8", "replace"), ""


def _covers(place: str, path: str) -> bool:
    return path == place or path.startswith(place if place.endswith("/") else f"{place}/")


def _has_ended(morsel: Any) -> bool:
    if morsel["max-age"] != "":
        try:
            return int(morsel["max-age"]) <= 0
        except ValueError:
            return False
    try:
        return bool(morsel["expires"]) and parsedate_to_datetime(morsel["expires"]).timestamp() <= time.time()
    except ValueError:
        return False


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return ""
