"""The Python that pages run: which version is served, where, and how much of it there is to load."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Runtime:
    version: str
    base: str
    """The path of its folder, with a slash at the end."""
    bytes: dict[str, int]
    """What a browser loads for each part the first time, compressed: core for every run, and what it adds."""
    files: dict[str, list[str]]
    """The names of each part's files below `base`, for keeping them on the device."""


def current() -> Runtime | None:
    """Return the runtime that was built last, or None where none was; read from disk when it changed."""
    path = Path(settings.WHITENOISE_ROOT) / "runtime" / "current.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@cache
def _read(path: Path, _changed: int) -> Runtime:
    return Runtime(**json.loads(path.read_text()))
