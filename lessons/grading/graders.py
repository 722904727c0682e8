"""Graders: an engine that proves itself before it decides anything, and the want of one."""

import time
from typing import Any, Protocol

from . import referee, selftest
from .jobs import ExampleRun, GraderStatus, GraderUnavailable, Job, Kind, Outcome, Verdict

SECONDS_TO_LOOK_AGAIN = 60.0


class Grader(Protocol):
    def grade(self, job: Job) -> Verdict: ...

    def run_example(
        self, files: dict[str, str], kind: Kind, requests: list[dict[str, Any]]
    ) -> ExampleRun: ...

    def status(self) -> GraderStatus: ...

    def check(self) -> list[Outcome]: ...


class NoGrader:
    """Decides nothing: what browsers say stays provisional."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def grade(self, job: Job) -> Verdict:
        raise GraderUnavailable(self.reason)

    def run_example(self, files: dict[str, str], kind: Kind, requests: list[dict[str, Any]]) -> ExampleRun:
        raise GraderUnavailable(self.reason)

    def status(self) -> GraderStatus:
        return GraderStatus("off", False, self.reason)

    def check(self) -> list[Outcome]:
        raise GraderUnavailable(self.reason)


class LocalGrader:
    """Grades in jails of this machine, once the quick self-test found no hole in them."""

    def __init__(self, engine: referee.Engine) -> None:
        self.engine = engine
        self._fault: str | None = None
        self._looked_at: float | None = None

    @property
    def has_looked(self) -> bool:
        """Whether `status` answers at once."""
        return self._looked_at is not None

    def grade(self, job: Job) -> Verdict:
        self._insist()
        return referee.grade(job, self.engine)

    def run_example(self, files: dict[str, str], kind: Kind, requests: list[dict[str, Any]]) -> ExampleRun:
        self._insist()
        return referee.run_example(files, kind, requests, self.engine)

    def status(self) -> GraderStatus:
        fault = self._look()
        return GraderStatus(self.engine.name, not fault, fault or "The self-test found no hole.")

    def check(self) -> list[Outcome]:
        """Return how every escape ended; takes some ten jobs."""
        return selftest.try_everything(self.engine)

    def _insist(self) -> None:
        if fault := self._look():
            raise GraderUnavailable(fault)

    def _look(self) -> str:
        """Return what is wrong with the engine, or nothing; a fault is looked at again after a minute."""
        now = time.monotonic()
        if self._looked_at is None or (self._fault and now - self._looked_at > SECONDS_TO_LOOK_AGAIN):
            self._fault = selftest.find_fault(self.engine)
            self._looked_at = now
        return self._fault or ""
