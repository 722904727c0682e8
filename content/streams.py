"""Blocks of files as StreamField data, and back."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from content.bodies import Block

Raw = list[dict[str, Any]]


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
    return [[item["type"], item["id"] if named else "", _file_value(item["value"], {})] for item in raw]


def _raw_value(value: Any, images: Mapping[str, int], place: str) -> Any:
    if isinstance(value, list):
        return [
            {
                "type": "item",
                "id": _place_id(place, number),
                "value": _raw_value(item, images, f"{place}/{number}"),
            }
            for number, item in enumerate(value)
        ]
    if isinstance(value, dict):
        return {
            name: images[item] if name == "image" else _raw_value(item, images, f"{place}/{name}")
            for name, item in value.items()
        }
    return value


def _file_value(value: Any, images: Mapping[int, str]) -> Any:
    if isinstance(value, list):
        return [_file_value(_of_item(item), images) for item in value]
    if isinstance(value, dict):
        return {
            name: images.get(item, item) if name == "image" else _file_value(item, images)
            for name, item in value.items()
        }
    return one_line_end(value) if isinstance(value, str) else value


def _of_item(item: Any) -> Any:
    """Return what a list entry holds; data made by hand may lack the wrapping with an id."""
    return item["value"] if isinstance(item, dict) and item.get("type") == "item" else item


def one_line_end(text: str) -> str:
    """Return text with Unix line ends; browsers post others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
