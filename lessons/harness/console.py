"""What a program prints: kept for the answer, and told to a listener while it runs."""

import io
import time
from collections.abc import Callable
from typing import Any

LIMIT = 200_000
CUT = f"\n… cut here: a program may print {LIMIT:,} characters at a time.\n"
BATCH_LENGTH = 4_096
BATCH_SECONDS = 0.05


class Console(io.TextIOBase):
    """Takes the place of sys.stdout and sys.stderr."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self) -> None:
        self.listener: Callable[[str], Any] | None = None
        self.tidy: Callable[[str], str] | None = None
        self.buffer = _Bytes(self)
        self._parts: list[str] = []
        self._length = 0
        self._untold: list[str] = []
        self._untold_length = 0
        self._told_at = 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        room = LIMIT - self._length
        if room >= 0 and text:
            self._length += len(text)
            self._keep(text if len(text) <= room else text[:room] + CUT)
        return len(text)

    def flush(self) -> None:
        if self._untold and self.listener:
            self.listener("".join(self._untold))
        self._untold, self._untold_length, self._told_at = [], 0, time.monotonic()

    def take(self) -> str:
        """Return what was printed since the last time, and begin again."""
        self.flush()
        text = "".join(self._parts)
        self._parts, self._length = [], 0
        return text

    def _keep(self, text: str) -> None:
        text = text.encode("utf-8", "replace").decode("utf-8")
        if self.tidy and "/" in text:
            text = self.tidy(text)
        self._parts.append(text)
        self._untold.append(text)
        self._untold_length += len(text)
        if self._untold_length >= BATCH_LENGTH or time.monotonic() - self._told_at >= BATCH_SECONDS:
            self.flush()


class _Bytes(io.RawIOBase):
    """The console for programs that write bytes to sys.stdout.buffer."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._console.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


console = Console()


def set_console(listener: Callable[[str], Any] | None) -> None:
    """Have the listener called with what a program prints, soon after it prints it."""
    console.listener = listener
