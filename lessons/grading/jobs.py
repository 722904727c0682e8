"""What is asked of a grader and what it answers; all of it travels as JSON."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Kind = Literal["script", "app"]
EngineName = Literal["bubblewrap", "service"]
Reason = Literal["", "time", "memory", "crash", "output"]


class GraderUnavailable(Exception):
    """Our fault, never the learner's: no engine, a hole in it, or it broke. Worth trying again later."""


class CheckFile(NamedTuple):
    name: str
    source: str


@dataclass(frozen=True)
class Limits:
    """What a learner's program may use. Time is the clock's, and counts from its start to its last answer."""

    seconds: float = 10.0
    answer_seconds: float = 5.0
    memory_mb: int = 512
    folder_mb: int = 32
    answer_bytes: int = 8_000_000
    console_length: int = 200_000


@dataclass(frozen=True)
class Job:
    """A learner's files, and the checks that they must pass."""

    files: dict[str, str]
    kind: Kind
    checks: tuple[CheckFile, ...]
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.checks:
            raise ValueError("A job without checks can't be passed.")


@dataclass(frozen=True)
class Verdict:
    """How a job ended; `reason` says why the program was stopped, empty when it came to its end."""

    outcome: Literal["passed", "failed"]
    results: list[dict[str, Any]]
    console: str
    reason: Reason


@dataclass(frozen=True)
class ExampleRun:
    """What an example answered to the requests of its lesson."""

    ok: bool
    responses: list[dict[str, Any]]
    console: str
    trouble: dict[str, Any] | None


@dataclass(frozen=True)
class GraderStatus:
    """Whether results of this engine count; `reason` is one sentence for the person who runs the site."""

    engine: EngineName | Literal["off"]
    trusted: bool
    reason: str


@dataclass(frozen=True)
class Outcome:
    """How one attempt to break out ended."""

    name: str
    title: str
    contained: bool
    detail: str


def job_from_json(value: dict[str, Any]) -> Job:
    """Return the job that `dataclasses.asdict` was made of."""
    return Job(
        files=value["files"],
        kind=value["kind"],
        checks=tuple(CheckFile(*check) for check in value["checks"]),
        limits=Limits(**value["limits"]),
    )
