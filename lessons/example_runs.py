"""Running the examples and reference solutions of a lesson on the server, and keeping what they did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from lessons import grading
from lessons.checks import names_of_checks
from lessons.examples import Example, Solution, examples_of, solutions_of
from lessons.models import ExampleRun, LessonPage

type Runnable = Example | Solution


REMEMBERED = 24 * 3600
"""Seconds for which the run of a draft is known."""


class Outcome(NamedTuple):
    """Whether a run was good, and what came of it."""

    is_good: bool
    result: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """Something of a lesson that doesn't do what it should, in a sentence for its author."""

    item: Runnable
    message: str


def run_item(item: Runnable) -> tuple[bool, dict[str, Any]]:
    """Run an example or a solution and return whether it is good, and what came; raises GraderUnavailable."""
    if isinstance(item, Example):
        run = grading.run_example(dict(item.files), item.kind, [dict(request) for request in item.requests])
        broken = [answer for answer in run.responses if int(answer.get("status") or 0) >= 500]
        return run.ok and not broken, {
            "console": run.console,
            "responses": run.responses,
            "trouble": run.trouble,
        }
    if not any(names_of_checks(file["source"]) for file in item.check_files):
        return False, {"trouble": {"plain": _("The exercise has no checks.")}}
    verdict = _grade(item, item.files)
    return verdict.outcome == "passed", {
        "console": verdict.console,
        "results": verdict.results,
        "reason": verdict.reason,
    }


def run_lesson(lesson: LessonPage, *, again: bool = False) -> list[ExampleRun]:
    """Run what has changed since its last run (`again`: everything) and keep the results.

    Rows of code that the lesson no longer has are removed. Raises GraderUnavailable; what ran until then
    is kept.
    """
    items: list[Runnable] = [*examples_of(lesson), *solutions_of(lesson)]
    known = {(run.block_id, run.part): run for run in ExampleRun.objects.filter(lesson=lesson)}
    runs = []
    for item in items:
        run = known.pop((item.block_id, item.part), None)
        if run is None or again or run.digest != item.digest:
            run = keep_run(lesson, item)
        runs.append(run)
    ExampleRun.objects.filter(pk__in=[run.pk for run in known.values()]).delete()
    return runs


def keep_run(lesson: LessonPage, item: Runnable) -> ExampleRun:
    """Run one item and store what it did."""
    is_good, result = run_item(item)
    run, _created = ExampleRun.objects.update_or_create(
        lesson=lesson,
        block_id=item.block_id,
        part=item.part,
        defaults={
            "digest": item.digest,
            "is_good": is_good,
            "result": result,
            "ran_at": timezone.now(),
        },
    )
    return run


def run_draft(item: Runnable, *, starter: bool = False) -> Outcome:
    """Run something of a draft and remember for a day what it did; raises GraderUnavailable.

    `starter` also tries whether an exercise is passed as it is handed out, as `starter_passes`.
    """
    outcome = Outcome(*run_item(item))
    if starter and outcome.is_good and isinstance(item, Solution):
        outcome.result["starter_passes"] = _grade(item, item.starter).outcome == "passed"
    cache.set(_cache_key(item), (outcome.is_good, outcome.result), REMEMBERED)
    return outcome


def known_outcomes(lesson: LessonPage, items: Iterable[Runnable]) -> dict[str, Outcome]:
    """Return by digest what is known of these items, from the live lesson's runs and those of drafts."""
    digests = {_cache_key(item): item.digest for item in items}
    runs = ExampleRun.objects.filter(lesson=lesson, digest__in=digests.values())
    known = {run.digest: Outcome(run.is_good, run.result) for run in runs}
    return known | {digests[key]: Outcome(*kept) for key, kept in cache.get_many(digests).items()}


def failing_solutions(lesson: LessonPage) -> list[Failure]:
    """Return the reference solutions that don't pass their checks; those known to pass are not run again.

    Works on a draft as well as on the live lesson. Raises GraderUnavailable.
    """
    solutions = solutions_of(lesson)
    known = known_outcomes(lesson, solutions)
    failures = []
    for solution in solutions:
        outcome = known.get(solution.digest)
        if outcome is None or not outcome.is_good:
            outcome = run_draft(solution)
        if not outcome.is_good:
            failures.append(Failure(solution, describe(outcome.result)))
    return failures


def describe(result: dict[str, Any]) -> str:
    """Return in a sentence what was wrong with a run that failed."""
    if trouble := result.get("trouble"):
        place = (
            f" ({trouble['file']}:{trouble['line']})" if trouble.get("file") and trouble.get("line") else ""
        )
        return f"{trouble.get('plain') or trouble.get('message') or trouble.get('type')}{place}"
    failed = [check for check in result.get("results", []) if check["state"] != "passed"]
    if failed:
        return " · ".join(f"{check['title']}: {check['message']}" for check in failed)
    if result.get("reason"):
        return _("It was stopped: %(reason)s.") % {"reason": result["reason"]}
    broken = _broken(result.get("responses", []))
    return (
        _("It answered with status %(status)s.") % {"status": broken}
        if broken
        else _("It did not come to its end.")
    )


def _grade(solution: Solution, files: Mapping[str, str]) -> grading.Verdict:
    checks = tuple(grading.CheckFile(file["name"], file["source"]) for file in solution.check_files)
    return grading.grade(grading.Job(files=dict(files), kind=solution.kind, checks=checks))


def _cache_key(item: Runnable) -> str:
    return f"example-run:{item.digest}"


def _broken(responses: Iterable[dict[str, Any]]) -> int | None:
    return next(
        (int(answer["status"]) for answer in responses if int(answer.get("status") or 0) >= 500), None
    )
