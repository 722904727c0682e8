"""The code of a lesson that can be run: its examples, and the reference solutions of its exercises."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from wagtail.blocks import StreamValue

from lessons.grading import Kind
from lessons.highlight import split_marks

PARTS = ("django", "flask")
"""The panes of a parallel block; a code sample on its own has one part without a name."""


class HasBody(Protocol):
    """A lesson page, or what is to become one."""

    body: StreamValue


@dataclass(frozen=True)
class Example:
    """One pane as the page runs it: files without match marks, and the requests its author proposes."""

    block_id: str
    part: str
    kind: Kind
    files: Mapping[str, str]
    requests: tuple[Mapping[str, Any], ...] = ()

    @property
    def first_file(self) -> str:
        """The name by which a reader knows it."""
        return next(iter(self.files), "")

    @property
    def digest(self) -> str:
        """SHA-256 of everything that is run."""
        return _digest("example", self.kind, self.files, self.requests)


@dataclass(frozen=True)
class Solution:
    """A reference solution in one framework, with the checks that it must pass and the starter files."""

    block_id: str
    part: str
    title: str
    kind: Kind
    files: Mapping[str, str]
    starter: Mapping[str, str] = field(repr=False)
    check_files: tuple[Mapping[str, str], ...] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of everything that is run."""
        return _digest("solution", self.files, self.starter, self.check_files)


def examples_of(lesson: HasBody) -> list[Example]:
    """Return what can be run of a lesson, in reading order; no query."""
    examples = []
    for block in lesson.body:
        if block.block_type == "code" and block.value["run"] != "none":
            examples.append(_example(block, "", block.value["files"]))
        elif block.block_type == "parallel" and block.value["run"] != "none":
            examples += [_example(block, part, block.value[part]) for part in PARTS]
    return examples


def solutions_of(lesson: HasBody) -> list[Solution]:
    """Return the reference solutions of a lesson, in reading order; no query."""
    return [
        Solution(
            block_id=block.id,
            part=track["framework"],
            title=block.value["title"],
            kind=kind_of_track(track["framework"]),
            files=block.value.solved_files(track["framework"]),
            starter=block.value.starter_files(track["framework"]),
            check_files=tuple(block.value.check_files),
        )
        for block in lesson.body
        if block.block_type == "exercise"
        for track in block.value["tracks"]
    ]


def kind_of_track(framework: str) -> Kind:
    """Return how the files of an exercise are run."""
    return "script" if framework == "python" else "app"


def _example(block: Any, part: str, files: Iterable[Mapping[str, str]]) -> Example:
    requests = tuple(_request(item) for item in block.value["requests"])
    if block.value["run"] == "app" and not requests:
        requests = (_request({"method": "GET", "path": "/", "body": ""}),)
    return Example(
        block_id=block.id,
        part=part,
        kind=block.value["run"],
        files={file["name"]: split_marks(file["code"])[0] for file in files},
        requests=requests,
    )


def _request(item: Mapping[str, str]) -> dict[str, Any]:
    """Return a proposed request as the harness takes it: a body in braces is JSON, else a form."""
    request: dict[str, Any] = {"method": item["method"], "path": item["path"]}
    body = item["body"].strip()
    if body.startswith(("{", "[")):
        return request | {"body": body, "headers": {"Content-Type": "application/json"}}
    if body:
        request |= {"body": body, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    return request


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=list).encode()).hexdigest()
