"""Grades through the grader service: one line of JSON each way over a Unix socket."""

import json
import socket
import time
from dataclasses import asdict
from typing import Any

from .jobs import ExampleRun, GraderStatus, GraderUnavailable, Job, Kind, Outcome, Verdict

LARGEST_REQUEST, LARGEST_ANSWER = 4_000_000, 32_000_000
SECONDS_TO_ANSWER = 90.0
SECONDS_FOR_STATUS = 5.0
SECONDS_TO_BELIEVE = 30.0


class ServiceGrader:
    """Asks the service; whatever goes wrong on the way is ours."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._status: tuple[float, GraderStatus] | None = None

    def grade(self, job: Job) -> Verdict:
        return Verdict(**self._ask({"op": "grade", "job": asdict(job)}))

    def run_example(self, files: dict[str, str], kind: Kind, requests: list[dict[str, Any]]) -> ExampleRun:
        message = {"op": "run_example", "files": files, "kind": kind, "requests": requests}
        return ExampleRun(**self._ask(message))

    def check(self) -> list[Outcome]:
        """Have the service try every escape, and return how each ended."""
        return [Outcome(**outcome) for outcome in self._ask({"op": "check"})]

    def status(self) -> GraderStatus:
        """Return what the service says of itself; believed for half a minute."""
        now = time.monotonic()
        if self._status is None or now - self._status[0] > SECONDS_TO_BELIEVE:
            try:
                found = GraderStatus(**self._ask({"op": "status"}, seconds=SECONDS_FOR_STATUS))
            except GraderUnavailable as error:
                found = GraderStatus("service", False, str(error))
            self._status = now, found
        return self._status[1]

    def _ask(self, message: dict[str, Any], *, seconds: float = SECONDS_TO_ANSWER) -> Any:
        line = json.dumps(message).encode() + b"\n"
        if len(line) > LARGEST_REQUEST:
            raise GraderUnavailable(f"The files are larger than {LARGEST_REQUEST:,} bytes.")
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(seconds)
                connection.connect(self.path)
                connection.sendall(line)
                with connection.makefile("rb") as incoming:
                    answer = json.loads(incoming.readline(LARGEST_ANSWER))
        except (OSError, ValueError) as error:
            raise GraderUnavailable(f"The grader service at {self.path} does not answer: {error}") from error
        if "unavailable" in answer:
            raise GraderUnavailable(answer["unavailable"])
        return answer["value"]
