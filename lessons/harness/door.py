"""What a check sees of a learner's program. All of it goes through one method: ask."""

import json
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from .expecting import CheckFailed, shown
from .forms import fill_in
from .markup import Element, read_page

Message = dict[str, Any]
STEPS = 10


class Door(Protocol):
    """The way to the program: in the same process, or over a pipe."""

    def ask(self, message: Message) -> Message:
        """Send a message and return the answer; raises SubjectGone where none will come."""


class SubjectGone(Exception):
    """The program has ended or was stopped; the message says why."""


class MalformedAnswer(Exception):
    """What came through the door is no answer of the harness."""


class Response:
    """What the app answered to one request."""

    def __init__(self, answer: Message, method: str, path: str) -> None:
        self.method, self.path = method, path
        self.status = _a(int, answer, "status")
        self.text = _a(str, answer, "body")
        pairs = _a(list, answer, "headers")
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise MalformedAnswer("The headers of an answer can't be read.")
        self.headers = Headers([(str(name), str(value)) for name, value in pairs])
        self._page: Element | None = None

    def __repr__(self) -> str:
        return f"{self.status} for {self.method} {self.path}"

    @property
    def location(self) -> str | None:
        """Where a redirect leads, as an address of the app."""
        place = self.headers.get("Location")
        if place is None:
            return None
        parts = urlsplit(urljoin(f"http://localhost{self.path}", place))
        if parts.hostname not in {"localhost", "127.0.0.1"}:
            return place
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def page(self) -> Element:
        """The page as a tree."""
        if self._page is None:
            self._page = read_page(self.text)
        return self._page

    def json(self) -> Any:
        """Return the data of a JSON answer."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise CheckFailed(
                f"The answer to {self.method} {self.path} is not JSON.", expected="JSON", got=shown(self.text)
            ) from None

    def select(self, selector: str) -> list[Element]:
        """Return the elements of the page that the selector describes."""
        return self.page.select(selector)

    def one(self, selector: str) -> Element:
        """Return the first such element; the check fails where there is none."""
        found = self.select(selector)
        if not found:
            raise CheckFailed(
                f"The page {self.path} has no element “{selector}”.", expected=selector, got=shown(self.text)
            )
        return found[0]


class Headers(dict[str, str]):
    """Headers by name, in any case of letters."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__({name.lower(): value for name, value in pairs})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class Output:
    """What a program printed."""

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def lines(self) -> list[str]:
        """The lines, without empty ones at the end."""
        return self.text.rstrip().splitlines()


class Subject:
    """The learner's program, as the parameter `app` of a check."""

    def __init__(self, door: Door, jar: str, troubles: dict[str, Message] | None = None) -> None:
        self._door, self._jar = door, jar
        self._troubles = {} if troubles is None else troubles

    @property
    def trouble(self) -> Message | None:
        """What went wrong in the program while it answered the last request of the check, if anything."""
        return self._troubles.get("last")

    @property
    def framework(self) -> str | None:
        """`django`, `flask` or None."""
        return self._ask({"op": "about"}).get("framework")

    def visitor(self, name: str) -> "Subject":
        """Return the app as another browser sees it, with cookies of its own."""
        return Subject(self._door, f"{self._jar}/{name}", self._troubles)

    def get(self, path: str, *, headers: dict[str, str] | None = None) -> Response:
        """Open an address."""
        return self.send("GET", path, headers=headers)

    def post(self, path: str, data: Any = None, *, json: Any = None, headers: Any = None) -> Response:
        """Send form data, or JSON, with POST."""
        return self.send("POST", path, data=data, json=json, headers=headers)

    def put(self, path: str, data: Any = None, *, json: Any = None, headers: Any = None) -> Response:
        """Send form data, or JSON, with PUT."""
        return self.send("PUT", path, data=data, json=json, headers=headers)

    def patch(self, path: str, data: Any = None, *, json: Any = None, headers: Any = None) -> Response:
        """Send form data, or JSON, with PATCH."""
        return self.send("PATCH", path, data=data, json=json, headers=headers)

    def delete(self, path: str, data: Any = None, *, json: Any = None, headers: Any = None) -> Response:
        """Send DELETE."""
        return self.send("DELETE", path, data=data, json=json, headers=headers)

    def send(
        self, method: str, path: str, *, data: Any = None, json: Any = None, headers: Any = None
    ) -> Response:
        """Send any request; data is a form, or a text that goes as it is."""
        body = data if isinstance(data, str) else None
        form = None if body is not None else data
        message = {
            "op": "request",
            "method": method,
            "path": path,
            "jar": self._jar,
            "headers": headers or {},
        }
        return Response(self._ask(message | {"body": body, "form": form, "json": json}), method, path)

    def follow(self, response: Response) -> Response:
        """Open the address that a redirect leads to, and go on until there is a page."""
        for _ in range(STEPS):
            if response.location is None or not 300 <= response.status < 400:
                return response
            response = self.get(response.location)
        raise CheckFailed(f"{response.path} leads on and on without an end.")

    def submit(self, path: str, values: dict[str, Any]) -> Response:
        """Open a page, fill in its form as a person would, and send it with its hidden fields."""
        page = self.get(path)
        method, action, pairs = fill_in(page.page, path, values)
        target = urljoin(page.path, action) if action else path
        if method == "GET":
            return self.get(f"{target.partition('?')[0]}?{urlencode(pairs)}")
        return self.post(target, pairs)

    def run(self, stdin: str = "") -> Output:
        """Run the program with this input; the check fails where the program stops with an error."""
        answer = self._without_trouble({"op": "run", "stdin": stdin}, "The program")
        return Output(_a(str, answer, "console"))

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the program's main file and return what it returns."""
        message = {"op": "call", "name": name, "args": list(args), "kwargs": kwargs}
        return self._without_trouble(message, f"{name}()").get("value")

    def rows(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """Return rows of the program's database."""
        message = {"op": "rows", "sql": sql, "params": list(params)}
        return _a(list, self._without_trouble(message, "The database"), "rows")

    def read(self, path: str) -> str:
        """Return the text of a file that the program wrote."""
        return _a(str, self._without_trouble({"op": "read", "path": path}, path), "text")

    def _ask(self, message: Message) -> Message:
        answer = self._door.ask(message)
        if not isinstance(answer, dict):
            raise MalformedAnswer("An answer of the program is no dictionary.")
        if message["op"] != "request":
            return answer
        self._troubles.clear()
        if isinstance(trouble := answer.get("trouble"), dict):
            if "status" not in answer:
                raise CheckFailed(explain(trouble))
            self._troubles["last"] = trouble
        return answer

    def _without_trouble(self, message: Message, what: str) -> Message:
        answer = self._ask(message)
        if trouble := answer.get("trouble"):
            if not isinstance(trouble, dict):
                raise MalformedAnswer("An answer of the program can't be read.")
            raise CheckFailed(f"{what} stopped. {explain(trouble)}", got=str(trouble.get("type", "")))
        return answer


def explain(trouble: Message) -> str:
    """Return what went wrong and where, as one text."""
    told, file, line = (trouble.get(name) for name in ("plain", "file", "line"))
    return f"{told} ({file}, line {line})" if file and line else str(told)


def _a(kind: type, answer: Message, name: str) -> Any:
    """Return a part of an answer; raises MalformedAnswer where it isn't of its kind."""
    value = answer.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise MalformedAnswer(f"An answer of the program has no proper “{name}”.")
    return value
