"""The YAML head of a file: read by type with line numbers, written in one fixed form."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import yaml

from content.errors import CourseFileError

FENCE = "---"


@dataclass
class FrontMatter:
    """The values of a file's head. Every reader says what to write when a value doesn't fit."""

    path: str
    values: dict[str, Any]
    lines: dict[str, int]
    _read: set[str] = field(default_factory=set)

    def fail(self, name: str, message: str) -> CourseFileError:
        """Return the error for a value, at its line."""
        return CourseFileError(self.path, self.lines.get(name, 1), f"{name}: {message}")

    def text(self, name: str, default: str | None = None) -> str:
        """Return a line of text."""
        value = self._value(name, default)
        if not isinstance(value, str):
            raise self.fail(name, "write one line of text, in quotes if it holds a colon.")
        return value.strip()

    def uuid(self, name: str) -> UUID:
        """Return the identity of the page."""
        try:
            return UUID(self.text(name))
        except ValueError:
            raise self.fail(name, "write a UUID, made once with python -m uuid.") from None

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number."""
        value = self.text(name, None if default is None else str(default))
        if not re.fullmatch(r"\d{1,9}", value):
            raise self.fail(name, f"“{value}” is not a whole number.")
        return int(value)

    def amount(self, name: str) -> Decimal:
        """Return an amount of money with at most two decimals."""
        value = self.text(name)
        try:
            amount = Decimal(value)
            if not amount.is_finite() or amount != round(amount, 2):
                raise InvalidOperation
        except InvalidOperation:
            raise self.fail(name, f"“{value}” is not an amount such as 12000 or 499.50.") from None
        return amount

    def flag(self, name: str, default: bool = False) -> bool:
        """Return true or false."""
        value = self.text(name, "true" if default else "false").lower()
        if value not in {"true", "false"}:
            raise self.fail(name, "write true or false.")
        return value == "true"

    def choice(self, name: str, options: Collection[str], default: str) -> str:
        """Return one of a fixed set of words."""
        value = self.text(name, default)
        if value not in options:
            raise self.fail(name, f"“{value}” is not one of {', '.join(options)}.")
        return value

    def strings(self, name: str) -> list[str]:
        """Return a list of texts; an absent list is empty."""
        value = self._value(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(name, "write a list, one “- text” a line.")
        return [item.strip() for item in value if item.strip()]

    def entries(self, name: str, keys: Collection[str]) -> list[dict[str, str]]:
        """Return a list of mappings with these keys; missing ones are empty."""
        value = self._value(name, [])
        wanted = " and ".join(keys)
        if not isinstance(value, list):
            raise self.fail(name, f"write a list of entries with {wanted}.")
        for entry in value:
            if (
                not isinstance(entry, dict)
                or not set(entry) <= set(keys)
                or not all(isinstance(text, str) for text in entry.values())
            ):
                raise self.fail(name, f"each entry has {wanted}, each one text.")
        return [{key: entry.get(key, "").strip() for key in keys} for entry in value]

    def section(self, name: str) -> "FrontMatter":
        """Return a nested part; its errors are reported at the line where it starts."""
        value = self._value(name, None)
        if not isinstance(value, dict):
            raise self.fail(name, "write one “name: value” a line below it, indented.")
        return FrontMatter(self.path, value, dict.fromkeys(value, self.lines[name]))

    def finish(self) -> None:
        """Refuse names that nothing has read, so that a typing mistake is seen."""
        for name in self.values:
            if name not in self._read:
                allowed = ", ".join(sorted(self._read))
                raise self.fail(name, f"this name is not known here. Use {allowed}.")

    def _value(self, name: str, default: Any) -> Any:
        self._read.add(name)
        if name in self.values:
            return self.values[name]
        if default is None:
            raise CourseFileError(self.path, 1, f"The head has no {name}. Add “{name}: …”.")
        return default


def split(text: str, path: str) -> tuple[FrontMatter, str, int]:
    """Return the head, the body, and the line number on which the body starts."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise CourseFileError(path, 1, "Start the file with a line “---”, then “id: …”.")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            head = read_yaml("\n".join(lines[1:number]), path, offset=1)
            return head, "\n".join(lines[number + 1 :]), number + 2
    raise CourseFileError(path, 1, "The head is not closed. End it with a line “---”.")


def read_yaml(text: str, path: str, offset: int = 0) -> FrontMatter:
    """Return the values of a YAML mapping with every scalar as text, so that no value changes type."""
    loader = yaml.BaseLoader(text)
    try:
        node = loader.get_single_node()
        values = {} if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 + offset if mark else 1
        problem = getattr(error, "problem", None) or "this is not YAML"
        raise CourseFileError(path, line, f"{problem}. Put text with “: ” or “#” in quotes.") from None
    if not isinstance(values, dict):
        raise CourseFileError(path, 1 + offset, "Write one “name: value” a line.")
    lines: dict[str, int] = {}
    for key, _value in node.value if node else []:
        line = key.start_mark.line + 1 + offset
        if key.value in lines:
            raise CourseFileError(path, line, f"{key.value}: this name stands twice. Remove one.")
        lines[key.value] = line
    return FrontMatter(path, values, lines)


class _Dumper(yaml.SafeDumper):
    """Lists indented below their name, texts of several lines as blocks, double quotes first."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def choose_scalar_style(self) -> str:
        style = super().choose_scalar_style()
        return '"' if style == "'" and not set(getattr(self.event, "value", "")) & {'"', "\\"} else style

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text_node)


def dump(values: Mapping[str, Any]) -> str:
    """Return the head of a file, fences included; empty texts and lists are left out."""
    kept = {name: value for name, value in values.items() if value not in ("", [])}
    written = yaml.dump(
        kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf, default_flow_style=False
    )
    return f"{FENCE}\n{written}{FENCE}\n"
