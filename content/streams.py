"""Blocks of files as StreamField data, and back."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from content.bodies import Block

Raw = list[dict[str, Any]]

_LATER: dict[str, dict[str, Any]] = {
    "code": {"run": "none", "requests": []},
    "parallel": {"run": "app", "requests": []},
    "exercise": {"milestone": False},
}
"""Fields that blocks got later, with their defaults: data from before them says the same without."""


def _place_id(*place: object) -> str:
    """Return the id of something that has none in the files, always the same for the same place."""
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, place))))


def raw_stream(blocks: Iterable[Block], images: Mapping[str, int]) -> Raw:
    """Return StreamField data; `images` gives the key of each picture by its path."""
    return [
        {"type": block.kind, "id": block.id, "value": _raw_value(block.value, images, block.id)}
        for block in blocks
    ]


def raw_entries(kind: str, entries: Iterable[Mapping[str, Any]], owner: object) -> Raw:
    """Return StreamField data of a list whose entries have no ids in the file."""
    return [
        {"type": kind, "id": _place_id(owner, kind, number), "value": dict(entry)}
        for number, entry in enumerate(entries)
    ]


def blocks_of(raw: Iterable[Mapping[str, Any]], images: Mapping[int, str]) -> tuple[Block, ...]:
    """Return the blocks of StreamField data; `images` gives the path of each picture by its key."""
    return tuple(Block(item["type"], item["id"], _file_value(item["value"], images)) for item in raw)


def comparable(raw: Iterable[Mapping[str, Any]], *, named: bool) -> list[Any]:
    """Return StreamField data without the ids that files don't hold; `named` blocks keep theirs."""
    return [
        [
            item["type"],
            item["id"] if named else "",
            _plain(_file_value(_without_later(item["type"], item["value"]), {})),
        ]
        for item in raw
    ]


def _without_later(kind: str, value: Any) -> Any:
    """Return a value without the later fields that have their default."""
    later = _LATER.get(kind)
    if later is None:
        return value
    return {name: item for name, item in value.items() if name not in later or item != later[name]}


def _plain(value: Any) -> Any:
    """Return a value with its blocks as lists, ready for JSON."""
    if isinstance(value, Block):
        return [value.kind, value.id, _plain(value.value)]
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def _raw_value(value: Any, images: Mapping[str, int], place: str) -> Any:
    if isinstance(value, list):
        return [_raw_item(item, number, images, place) for number, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            name: images[item] if name == "image" else _raw_value(item, images, f"{place}/{name}")
            for name, item in value.items()
        }
    return value


def _raw_item(item: Any, number: int, images: Mapping[str, int], place: str) -> dict[str, Any]:
    """Return a list's entry: a block of its own with its id, or an item that is named after its place."""
    if isinstance(item, Block):
        value = _raw_value(item.value, images, f"{place}/{item.id}")
        return {"type": item.kind, "id": item.id, "value": value}
    value = _raw_value(item, images, f"{place}/{number}")
    return {"type": "item", "id": _place_id(place, number), "value": value}


def _file_value(value: Any, images: Mapping[int, str]) -> Any:
    if isinstance(value, list):
        return [_file_item(item, images) for item in value]
    if isinstance(value, dict):
        return {
            name: images.get(item, item) if name == "image" else _file_value(item, images)
            for name, item in value.items()
        }
    return one_line_end(value) if isinstance(value, str) else value


def _file_item(item: Any, images: Mapping[int, str]) -> Any:
    """Return a list's entry as files have it; data made by hand may lack the wrapping with an id."""
    if not isinstance(item, dict) or not {"type", "value"} <= set(item):
        return _file_value(item, images)
    value = _file_value(item["value"], images)
    return value if item["type"] == "item" else Block(item["type"], item["id"], value)


def one_line_end(text: str) -> str:
    """Return text with Unix line ends; browsers post others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
