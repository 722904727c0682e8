"""A page as a tree, and the few CSS selectors that checks need."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Self

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
BLOCKS = frozenset(("div", "dl", "form", "h1", "h2", "h3", "ol", "p", "section", "table", "ul"))
CLOSED_BY = {  # an end tag that may be left out: the start tags that stand for it
    "li": {"li"}, "option": {"option", "optgroup"}, "p": BLOCKS, "tr": {"tr", "tbody"},
    "td": {"td", "th", "tr"}, "th": {"td", "th", "tr"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"},
}  # fmt: skip

_SIMPLE = re.compile(
    r"(?P<tag>\*|[\w-]+)|#(?P<id>[\w-]+)|\.(?P<class>[\w-]+)"
    r"|\[\s*(?P<name>[\w-]+)\s*(?:(?P<how>[~^$*]?=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\]\s]+)\s*)?\]"
)
_COMBINATOR = re.compile(r"\s*>\s*|\s+")

Test = Callable[["Element"], bool]


class BadSelector(ValueError):
    """The selector uses more of CSS than is understood here."""


class Element:
    """One element of a page."""

    def __init__(self, name: str, attributes: dict[str, str], parent: Self | None = None) -> None:
        self.name, self.attributes, self.parent = name, attributes, parent
        self.children: list[Element | str] = []

    def __repr__(self) -> str:
        attributes = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f"<{self.name}{attributes}>"

    @property
    def text(self) -> str:
        """The text inside, with single spaces."""
        return " ".join("".join(self._texts()).split())

    @property
    def raw_text(self) -> str:
        """The text inside with its spaces and lines."""
        return "".join(self._texts())

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of an attribute."""
        return self.attributes.get(name.lower(), default)

    def select(self, selector: str) -> list["Element"]:
        """Return the elements inside that the selector describes, in the order of the page."""
        choices = [_parse(part) for part in selector.split(",")]
        return [element for element in self.descendants() if any(_fits(element, steps) for steps in choices)]

    def descendants(self) -> Iterator["Element"]:
        """Give every element inside, in the order of the page."""
        waiting = [child for child in reversed(self.children) if isinstance(child, Element)]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(child for child in reversed(element.children) if isinstance(child, Element))

    def _texts(self) -> Iterator[str]:
        waiting: list[Element | str] = list(reversed(self.children))
        while waiting:
            child = waiting.pop()
            if isinstance(child, str):
                yield child
            elif child.name not in {"script", "style", "template"}:
                if child.name in {"br", "p", "div", "li", "tr", "td", "th"}:
                    yield " "
                waiting.extend(reversed(child.children))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CLOSED_BY.get(self.here.name, ()) and self.here.parent:
            self.here = self.here.parent
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        place: Element | None = self.here
        while place and place.name != tag:
            place = place.parent
        if place and place.parent:
            self.here = place.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def read_page(text: str) -> Element:
    """Return the tree of a page, however untidy the page is."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.root


def _parse(selector: str) -> list[tuple[str, list[Test]]]:
    """Return the steps of a selector: how each is reached from the one before, and what it must be."""
    steps: list[tuple[str, list[Test]]] = []
    rest, reached = selector.strip(), " "
    while rest:
        tests, rest = _compound(rest, selector)
        steps.append((reached, tests))
        found = _COMBINATOR.match(rest)
        if rest and (not found or found.end() == len(rest)):
            raise BadSelector(f"The selector “{selector}” can't be read from “{rest}” on.")
        if found:
            reached, rest = found[0].strip() or " ", rest[found.end() :]
    if not steps:
        raise BadSelector("A selector is empty.")
    return steps


def _compound(rest: str, selector: str) -> tuple[list[Test], str]:
    tests: list[Test] = []
    while found := _SIMPLE.match(rest):
        if found["tag"] and tests:
            break
        tests.append(_test(found))
        rest = rest[found.end() :]
    if not tests:
        raise BadSelector(f"The selector “{selector}” can't be read from “{rest}” on.")
    return tests, rest


def _test(found: re.Match[str]) -> Test:
    if tag := found["tag"]:
        return lambda element: tag == "*" or element.name == tag.lower()
    if wanted := found["id"]:
        return lambda element: element.get("id") == wanted
    if name := found["class"]:
        return lambda element: name in (element.get("class") or "").split()
    name, how, value = found["name"].lower(), found["how"], (found["value"] or "").strip("\"'")
    return lambda element: name in element.attributes and _compare(element.attributes[name], how, value)


def _compare(has: str, how: str | None, value: str) -> bool:
    if how is None:
        return True
    if how == "=":
        return has == value
    if how == "~=":
        return value in has.split()
    if not value:
        return False
    return {"^=": has.startswith(value), "$=": has.endswith(value), "*=": value in has}[how]


def _fits(element: Element, steps: list[tuple[str, list[Test]]]) -> bool:
    (reached, tests), before = steps[-1], steps[:-1]
    if not element.name or not all(test(element) for test in tests):
        return False
    if not before:
        return True
    above = element.parent
    while above is not None:
        if _fits(above, before):
            return True
        if reached == ">":
            return False
        above = above.parent
    return False
