"""Runs a job in two jails: the subject answers requests, the judge asks them and decides.

The two are joined here only. What the subject writes can be nothing but an answer to what it was asked;
results come from the judge's pipe alone. Trouble in the subject is the learner's, all other is ours.
"""

import logging
import time
from contextlib import ExitStack
from typing import Any, Protocol

from .jail import Jail, JailEnded, Role
from .jobs import EngineName, ExampleRun, GraderUnavailable, Job, Kind, Limits, Reason, Verdict

log = logging.getLogger(__name__)

SECONDS_TO_START = 30.0
PATIENCE = 4
"""By how much the time for an answer may grow while other programs keep the processors."""
EXAMPLE_LIMITS = Limits()
JUDGE_SECONDS = 10.0
"""What the judge may take by itself, in all."""
MOST_RESULTS, LONGEST_TEXT = 200, 4_000
LONGEST_KEPT = 100_000
"""Characters of one text in the answer of an example; a page shows fewer."""
KILLED_STATUS, PROCESSOR_TIME_STATUS = 137, 152
STOPPED: dict[Reason, tuple[str, str]] = {
    "time": ("TimeLimit", "Your program took too long and was stopped. Is there a loop that never ends?"),
    "memory": ("MemoryLimit", "Your program used more memory than there is here, and was stopped."),
    "crash": ("Crash", "Python itself ended while your program was running."),
    "output": ("OutputLimit", "Your program wrote far too much and was stopped."),
}


class Engine(Protocol):
    """Makes jails."""

    name: EngineName

    def open(self, role: Role, limits: Limits) -> Jail: ...


class Subject:
    """The learner's side: always answers, and remembers why it was stopped."""

    def __init__(self, jail: Jail, limits: Limits) -> None:
        self.jail = jail
        self.limits = limits
        self.reason: Reason = ""
        self.seconds = 0.0
        self._console: list[str] = []
        self._console_length = 0

    @property
    def console(self) -> str:
        return "".join(self._console)

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the learner's answer, or trouble in its place once the program was stopped."""
        if self.reason:
            return stopped(self.reason)
        begun = time.monotonic()
        allowed = self.limits.seconds - self.seconds
        if message.get("op") != "start":
            allowed = min(allowed, self.limits.answer_seconds)
        try:
            if self.jail.has_spoken():
                raise JailEnded("crash", "an answer to nothing")
            self.jail.send(message, until=begun + allowed)
            answer = self._receive(begun, allowed)
        except JailEnded as end:
            self.reason = reason_of(end)
            self.jail.kill()
            log.info("grading: the subject was stopped: %s %s", end, self.jail.errors[-500:])
            return stopped(self.reason)
        finally:
            self.seconds += min(time.monotonic() - begun, allowed)
        self._note(answer)
        return answer

    def _receive(self, begun: float, allowed: float) -> dict[str, Any]:
        """Wait for the answer, longer where a busy machine is the reason that it doesn't come."""
        _, used = self.jail.processor_use()
        for patience in range(1, PATIENCE + 1):
            try:
                return self.jail.receive(until=begun + allowed * patience, limit=self.limits.answer_bytes)
            except JailEnded as end:
                spent = time.monotonic() - begun
                if end.why != "time" or not self.jail.is_starved(seconds=spent, used_before=used):
                    raise
        raise JailEnded("time")

    def _note(self, answer: dict[str, Any]) -> None:
        text = answer.get("console")
        room = self.limits.console_length - self._console_length
        if isinstance(text, str) and room > 0:
            text = storable(text[:room])
            self._console.append(text)
            self._console_length += len(text)
        trouble = answer.get("trouble")
        if isinstance(trouble, dict) and trouble.get("type") == "MemoryError":
            self.reason = "memory"


def grade(job: Job, engine: Engine) -> Verdict:
    """Run the job and return how it ended; raises GraderUnavailable when that isn't the learner's doing."""
    with ExitStack() as stack:
        subject = Subject(stack.enter_context(engine.open("subject", job.limits)), job.limits)
        judge = stack.enter_context(engine.open("judge", job.limits))
        for jail in (subject.jail, judge):
            wait_until_ready(jail)
        subject.ask({"op": "start", "kind": job.kind, "files": job.files})
        results = hear(judge, subject, job)
    passed = not subject.reason and all(result["state"] == "passed" for result in results)
    return Verdict("passed" if passed else "failed", results, subject.console, subject.reason)


def run_example(
    files: dict[str, str], kind: Kind, requests: list[dict[str, Any]], engine: Engine
) -> ExampleRun:
    """Start an example, send it the requests (or run the script), and return what came."""
    limits = EXAMPLE_LIMITS
    with engine.open("subject", limits) as jail:
        subject = Subject(jail, limits)
        wait_until_ready(jail)
        started = subject.ask({"op": "start", "kind": kind, "files": files})
        if not started.get("ok"):
            return ExampleRun(False, [], subject.console, as_stored(started.get("trouble")))
        asked = requests if kind == "app" else [{"op": "run", "stdin": ""}]
        responses = [as_stored(subject.ask({"op": "request", **request})) for request in asked]
    trouble = next((answer["trouble"] for answer in responses if answer.get("trouble")), None)
    return ExampleRun(trouble is None, responses, subject.console, trouble)


def wait_until_ready(jail: Jail) -> None:
    """Wait for a jail to have given up its rights; no learner's code ran yet, so trouble is ours."""
    try:
        ready = jail.receive(until=time.monotonic() + SECONDS_TO_START, limit=1_000)
    except JailEnded as end:
        jail.kill()
        raise GraderUnavailable(f"a jail did not start ({end}): {jail.errors[-1_000:]}") from end
    if ready.get("ready") is not True:
        raise GraderUnavailable("a jail did not say that it is ready")


def hear(judge: Jail, subject: Subject, job: Job) -> list[dict[str, Any]]:
    """Carry the judge's questions to the subject until it gives its results."""
    left = JUDGE_SECONDS
    message: dict[str, Any] = {"checks": [check._asdict() for check in job.checks]}
    while True:
        begun = time.monotonic()
        try:
            judge.send(message, until=begun + left)
            said = judge.receive(until=begun + left, limit=job.limits.answer_bytes)
        except JailEnded as end:
            judge.kill()
            raise GraderUnavailable(f"the judge failed ({end}): {judge.errors[-1_000:]}") from end
        left -= time.monotonic() - begun
        if "ask" in said:
            answer = subject.ask(said["ask"])
            message = {"gone": subject.reason} if subject.reason else answer
        else:
            return results_of(said)


def results_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the judge's results in the one shape that is kept; raises GraderUnavailable for any other."""
    found = said.get("results")
    if not isinstance(found, list) or not 0 < len(found) <= MOST_RESULTS:
        raise GraderUnavailable(f"the judge gave no results: {str(said)[:1_000]}")
    results = []
    for result in found:
        if not isinstance(result, dict) or result.get("state") not in {"passed", "failed", "error"}:
            raise GraderUnavailable(f"the judge gave a result of no known kind: {str(result)[:1_000]}")
        kept = {name: _text(result.get(name) or "") for name in ("name", "title", "state", "message")}
        optional = {name: _text(result.get(name)) for name in ("expected", "got")}
        results.append({**kept, **optional})
    return results


def reason_of(end: JailEnded) -> Reason:
    """Tell from how a subject ended what was wrong with it."""
    if end.status == KILLED_STATUS:
        return "memory"  # nobody but the kernel's memory killer ends a jail like that before this side does
    if end.status == PROCESSOR_TIME_STATUS:
        return "time"
    return end.why


def stopped(reason: Reason) -> dict[str, Any]:
    """The answer in the place of a program that was stopped."""
    kind, sentence = STOPPED[reason]
    trouble = {"type": kind, "message": sentence, "plain": sentence, "file": None, "line": None, "trace": ""}
    return {
        "ok": False,
        "trouble": trouble,
        "console": "",
        "status": 500,
        "reason": "",
        "headers": [],
        "body": "",
    }


def as_stored(value: Any) -> Any:
    """Return an answer as it can be stored: its texts without what a database refuses, and cut."""
    if isinstance(value, str):
        return storable(value[:LONGEST_KEPT])
    if isinstance(value, dict):
        return {storable(str(name)): as_stored(item) for name, item in value.items()}
    return [as_stored(item) for item in value] if isinstance(value, list) else value


def storable(text: str) -> str:
    """Return the text without what a database refuses: NUL and half characters."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _text(value: object) -> str | None:
    return None if value is None else storable(str(value)[:LONGEST_TEXT])
