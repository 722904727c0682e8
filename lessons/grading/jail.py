"""One confined process, spoken to in lines of JSON; nothing it does can block or outlive this side."""

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Literal, Self

Role = Literal["subject", "judge"]

CHUNK = 65_536
KEPT_ERRORS = 8_000
MOST_ERRORS = 4_000_000
SECONDS_TO_DIE = 5


class JailEnded(Exception):
    """The process is gone or was stopped; `why` is time, output or crash, `status` how it ended."""

    def __init__(self, why: Literal["time", "output", "crash"], detail: str = "", status: int = 0) -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why
        self.status = status


class Jail:
    """Owns a process group from its start to its end; leaving the `with` block kills what is left of it."""

    def __init__(
        self, process: subprocess.Popen[bytes], *, report: int | None = None, folder: Path | None = None
    ) -> None:
        """Take a process with three pipes.

        `report` is where bubblewrap names the first process inside; `folder` is removed with the jail.
        """
        self.process = process
        self._folder = folder
        self._report = report
        self._first: int | None = None
        self._incoming = bytearray()
        self._errors = bytearray()
        self._errors_length = 0
        self._pipes = selectors.DefaultSelector()
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe  # noqa: S101  # nosec B101 - for the type checker
            os.set_blocking(pipe.fileno(), False)
        self._pipes.register(process.stdout, selectors.EVENT_READ, self._take)  # type: ignore[arg-type]
        self._pipes.register(process.stderr, selectors.EVENT_READ, self._take_errors)  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def errors(self) -> str:
        """The last of what came over standard error: ours to log, never the learner's to see."""
        return self._errors.decode(errors="replace").strip()

    def send(self, message: dict[str, Any], *, until: float) -> None:
        """Write one line; raises JailEnded when it isn't read in time."""
        left = memoryview(json.dumps(message).encode() + b"\n")
        pipe = self.process.stdin
        assert pipe  # noqa: S101  # nosec B101
        self._pipes.register(pipe, selectors.EVENT_WRITE)
        try:
            while left:
                if self._wait(until, limit=None):
                    try:
                        left = left[os.write(pipe.fileno(), left) :]
                    except BrokenPipeError:
                        raise self._ended() from None
        finally:
            self._pipes.unregister(pipe)

    def receive(self, *, until: float, limit: int) -> dict[str, Any]:
        """Return the next line; raises JailEnded for silence, an end, a line too long or no JSON."""
        while (end := self._incoming.find(b"\n")) < 0:
            if len(self._incoming) > limit:
                raise JailEnded("output")
            self._wait(until, limit=limit)
        line = bytes(self._incoming[:end])
        del self._incoming[: end + 1]
        if len(line) > limit:
            raise JailEnded("output")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise JailEnded("crash", "a line that is no JSON") from None
        if not isinstance(message, dict):
            raise JailEnded("crash", "a line that is no object")
        return message

    def has_spoken(self) -> bool:
        """Whether it wrote something that was not asked for."""
        for key, _ in self._pipes.select(0):
            if key.data == self._take:
                self._take(limit=CHUNK)
        return bool(self._incoming)

    def is_starved(self, *, seconds: float, used_before: float) -> bool:
        """Whether it wants to run, but got less than half of the last seconds: the machine is busy."""
        state, used = self.processor_use()
        return state == "R" and used - used_before < seconds / 2

    def processor_use(self) -> tuple[str, float]:
        """Return the state of the jail's process and the seconds of a processor that it has had."""
        try:
            fields = Path(f"/proc/{self._first_process()}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return "", 0.0
        return fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End everything in the jail and wait until it is gone; may be called again."""
        if self.process.returncode is None:
            self._kill_inside()
            try:
                self.process.wait(0 if self._report is None else SECONDS_TO_DIE)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._pipes.close()
        if self._report is not None:
            os.close(self._report)
            self._report = None
        if self._folder:
            remove(self._folder)
            self._folder = None

    def _kill_inside(self) -> None:
        """Kill the first process of bubblewrap's namespace: nothing in it outlives that; bubblewrap reaps."""
        if (first := self._first_process()) != self.process.pid:
            with contextlib.suppress(OSError):
                os.kill(first, signal.SIGKILL)

    def _first_process(self) -> int:
        """The process that runs Python: bubblewrap reports its child, a bare jail is one itself."""
        if self._first is None and self._report is not None:
            with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
                self._first = json.loads(os.read(self._report, CHUNK).splitlines()[0])["child-pid"]
        return self._first or self.process.pid

    def _wait(self, until: float, *, limit: int | None) -> bool:
        """Serve the pipes once; return whether the process takes more input. Raises JailEnded."""
        left = until - time.monotonic()
        if left <= 0:
            raise JailEnded("time")
        writable = False
        for key, _ in self._pipes.select(left):
            if key.data is None:
                writable = True
            else:
                key.data(limit=limit)
        return writable

    def _take(self, *, limit: int | None) -> None:
        assert self.process.stdout  # noqa: S101  # nosec B101
        data = os.read(self.process.stdout.fileno(), CHUNK)
        if not data:
            raise self._ended()
        self._incoming += data
        if len(self._incoming) > (limit or CHUNK) + CHUNK:
            raise JailEnded("output")

    def _take_errors(self, *, limit: int | None) -> None:
        assert self.process.stderr  # noqa: S101  # nosec B101
        data = os.read(self.process.stderr.fileno(), CHUNK)
        if not data:
            self._pipes.unregister(self.process.stderr)
            return
        self._errors_length += len(data)
        self._errors = (self._errors + data)[-KEPT_ERRORS:]
        if self._errors_length > MOST_ERRORS:
            raise JailEnded("output")

    def _ended(self) -> JailEnded:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(SECONDS_TO_DIE)
        if self.process.stderr and not self.process.stderr.closed:
            with contextlib.suppress(OSError):
                while data := os.read(self.process.stderr.fileno(), CHUNK):
                    self._errors = (self._errors + data)[-KEPT_ERRORS:]
        status = self.process.returncode or 0
        return JailEnded("crash", f"ended with {status}", status if status >= 0 else 128 - status)


def remove(folder: Path) -> None:
    """Remove a folder with all that a program left in it, also what it closed to its owner."""
    for place, folders, _ in os.walk(folder):
        for path in (Path(place) / name for name in folders):
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
