"""Fills in the form of a page as a person in a browser would."""

from typing import Any

from .expecting import CheckFailed
from .markup import Element

UNSENT = {"submit", "button", "reset", "image", "file"}

Pairs = list[tuple[str, str]]


def fill_in(page: Element, path: str, values: dict[str, Any]) -> tuple[str, str, Pairs]:
    """Return method, action and fields of the form that fits; the check fails where none does.

    Fields that `values` leaves out keep what the page put into them. A field that the form doesn't have can't
    be filled in.
    """
    forms = page.select("form")
    if not forms:
        raise CheckFailed(f"The page {path} has no form.", expected="<form>", got="no form")
    form = next((form for form in forms if set(values) <= _names(form)), None)
    if form is None:
        fields = sorted(set().union(*map(_names, forms)))
        missing = ", ".join(sorted(set(values) - set(fields))) or ", ".join(values)
        raise CheckFailed(
            f"The form on {path} has no field called {missing}.", expected=missing, got=", ".join(fields)
        )
    pairs = [(name, value) for name, value in _given(form) if name not in values]
    for name, value in values.items():
        pairs += [(name, str(one)) for one in (value if isinstance(value, list | tuple) else [value])]
    return (form.get("method") or "get").upper(), form.get("action") or "", pairs


def _names(form: Element) -> set[str]:
    return {name for field in form.select("input, select, textarea, button") if (name := field.get("name"))}


def _given(form: Element) -> Pairs:
    """Return what the form sends when nobody touches it."""
    pairs: Pairs = []
    for field in form.select("input, select, textarea"):
        name = field.get("name")
        if name and "disabled" not in field.attributes:
            pairs += [(name, value) for value in _values(field)]
    return pairs


def _values(field: Element) -> list[str]:
    if field.name == "textarea":
        return [field.raw_text.removeprefix("\n")]
    if field.name == "select":
        return _chosen(field)
    kind = (field.get("type") or "text").lower()
    if kind in UNSENT:
        return []
    if kind in {"checkbox", "radio"}:
        return [field.get("value", "on") or "on"] if "checked" in field.attributes else []
    return [field.get("value") or ""]


def _chosen(field: Element) -> list[str]:
    options = field.select("option")
    chosen = [option for option in options if "selected" in option.attributes]
    if not chosen and options and "multiple" not in field.attributes:
        chosen = options[:1]
    return [option.get("value") if option.get("value") is not None else option.text for option in chosen]  # type: ignore[misc]
