"""Tries to break out of an engine's jails. An engine in which one attempt works decides nothing."""

import ast
import logging
import secrets
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from . import referee
from .jobs import CheckFile, GraderUnavailable, Job, Limits, Outcome, Verdict

log = logging.getLogger(__name__)

ESCAPES = Path(__file__).with_name("escapes.py")
PROJECT = Path(__file__).resolve().parents[2]
DISCARD_PORT = 9

TOGETHER = (
    "read_host_files", "read_environment", "import_host", "open_socket", "start_process", "kill_parent",
    "look_into_others", "write_outside", "gain_rights",
)  # fmt: skip
"""Attempts that leave a working process, so that one job can try them all: the quick self-test."""
ALONE = {
    "fork_bomb": ("passed",),
    "fill_folder": ("passed",),
    "take_memory": ("memory",),
    "loop": ("time",),
    "flood": ("output", "crash"),
    "forge": ("crash",),
}
"""Attempts that may end their process, and how that counts as held: stopped for this, or without any gain."""
BRIEF = Limits(seconds=6, answer_seconds=3)


def find_fault(engine: referee.Engine) -> str:
    """Return what the quick self-test found wrong with an engine, or nothing. Takes one job."""
    try:
        holes = [outcome for outcome in try_together(engine) if not outcome.contained]
    except GraderUnavailable as error:
        return f"The grader does not work: {error}"
    for hole in holes:
        log.error("grading: the self-test found a hole: %s: %s", hole.title, hole.detail)
    return f"The self-test found a hole: {holes[0].title} ({holes[0].detail})." if holes else ""


def try_everything(engine: referee.Engine) -> list[Outcome]:
    """Return how every attempt ended; raises GraderUnavailable when the engine doesn't work at all."""
    return [*try_together(engine), *(try_alone(engine, name) for name in ALONE)]


def try_together(engine: referee.Engine) -> list[Outcome]:
    """Try what leaves a working process, in one job."""
    with tempfile.TemporaryDirectory(prefix="grader-selftest-") as folder:
        secret = Path(folder) / "secret"
        secret.write_text(secrets.token_hex(16))
        Path(folder).chmod(0o777)
        secret.chmod(0o666)
        before = secret.read_text()
        verdict = referee.grade(job_for(TOGETHER, secret), engine)
        harmed = secret.read_text() != before or len(list(Path(folder).iterdir())) > 1
    if verdict.reason:
        raise GraderUnavailable(f"the self-test was stopped: {verdict.reason}")
    results = {result["name"].removeprefix("test_"): result for result in verdict.results}
    return [_outcome(name, results.get(name), verdict, harmed=harmed) for name in TOGETHER]


def try_alone(engine: referee.Engine, name: str) -> Outcome:
    """Try what may end its process."""
    verdict = referee.grade(job_for([name], Path("/nowhere")), engine)
    contained = (verdict.reason or verdict.outcome) in ALONE[name]
    if contained:
        detail = verdict.reason or _said(name, verdict)
    else:
        detail = verdict.results[0]["got"] or verdict.results[0]["message"]
    return Outcome(name, titles()[name], contained, detail)


def job_for(names: Iterable[str], secret: Path) -> Job:
    """The escapes as a learner's program, and a check for each that it got hold of nothing."""
    arguments: dict[str, tuple[object, ...]] = {
        "read_host_files": (str(secret),),
        "import_host": (str(PROJECT),),
        "open_socket": (DISCARD_PORT,),
        "write_outside": (str(secret),),
        "look_into_others": (f"marker-{secrets.token_hex(8)}",),
    }
    checks = "".join(
        f'def test_{name}(app):\n    """{titles()[name]}."""\n'
        f'    expect(app.call("{name}", *{arguments.get(name, ())!r}), "what got out").equals("")\n'
        for name in names
    )
    source = ESCAPES.read_text(encoding="utf-8")
    return Job({"main.py": source}, "script", (CheckFile("escapes.py", checks),), BRIEF)


@cache
def titles() -> dict[str, str]:
    """What each attempt does, from its docstring."""
    functions = ast.parse(ESCAPES.read_text(encoding="utf-8")).body
    return {
        item.name: (ast.get_docstring(item) or "").splitlines()[0]
        for item in functions
        if isinstance(item, ast.FunctionDef)
    }


def _outcome(name: str, result: dict[str, str] | None, verdict: Verdict, *, harmed: bool) -> Outcome:
    if result is None or result["state"] == "error":
        raise GraderUnavailable(f"the self-test could not try “{titles()[name]}”: {result}")
    if name == "write_outside" and harmed:
        return Outcome(name, titles()[name], False, "a file outside was changed")
    if result["state"] == "failed":
        return Outcome(name, titles()[name], False, result["got"] or result["message"])
    return Outcome(name, titles()[name], True, _said(name, verdict))


def _said(name: str, verdict: Verdict) -> str:
    """What an attempt printed of its refusal."""
    said = [line for line in verdict.console.splitlines() if line.startswith(f"{name}:")]
    return said[0].partition(": ")[2] if said else "nothing found"
