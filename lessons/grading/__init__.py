"""Decides on the server whether a learner's program passes its checks, in a sandbox without network or files.

`GraderUnavailable` is always our fault and worth a retry; whatever the program does is in the verdict.
"""

from typing import Any

from .jobs import (
    CheckFile,
    ExampleRun,
    GraderStatus,
    GraderUnavailable,
    Job,
    Kind,
    Limits,
    Verdict,
)

__all__ = [
    "CheckFile",
    "ExampleRun",
    "GraderStatus",
    "GraderUnavailable",
    "Job",
    "Limits",
    "Verdict",
    "grade",
    "run_example",
    "status",
]


def grade(job: Job) -> Verdict:
    """Run the job's checks against its files; raises GraderUnavailable when that can't be trusted to work."""
    from .choice import chosen_grader

    return chosen_grader().grade(job)


def run_example(files: dict[str, str], kind: Kind, requests: list[dict[str, Any]]) -> ExampleRun:
    """Start an example and return what it answers; raises GraderUnavailable like `grade`."""
    from .choice import chosen_grader

    return chosen_grader().run_example(files, kind, requests)


def status() -> GraderStatus:
    """Return whether results count here; the first call of a process tries the jail (half a second)."""
    from .choice import chosen_grader

    return chosen_grader().status()
