"""An exercise as one person sees it: their code, what the checks said, and what may be shown by now."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.utils.translation import gettext as _
from wagtail.blocks import ListBlock

from lessons.blocks.exercise import FRAMEWORKS, ExerciseValue
from lessons.checks import names_of_checks
from lessons.highlight import CodeLine, highlighted_lines, split_marks
from lessons.lesson_work import BlockWork, LessonWork
from lessons.models import Attempt

FAILURES_BEFORE_SOLUTION = 3


@dataclass(frozen=True)
class ShownFile:
    """A file to edit: what stands in it now, and what the author gave."""

    name: str
    language: str
    source: str
    starter: str

    @property
    def rows(self) -> int:
        """Lines of room that the file needs."""
        return min(max(self.source.count("\n") + 2, 6), 30)


@dataclass(frozen=True)
class ShownTrack:
    """The exercise in one framework."""

    framework: str
    name: str
    files: tuple[ShownFile, ...]
    solution: tuple[ShownFile, ...]
    """Empty until it may be seen."""
    version: int = 0
    saved_at: datetime | None = None
    key: UUID = field(default_factory=uuid4)
    """One use: the same form sent twice hands in once. Each framework has its own form."""

    @property
    def run(self) -> str:
        """How the page runs it."""
        return "script" if self.framework == "python" else "app"


@dataclass(frozen=True)
class ShownResult:
    """What one check said."""

    state: str
    title: str
    message: str
    expected: str | None = None
    got: str | None = None


@dataclass(frozen=True)
class ShownExercise:
    """Everything that the exercise's template shows."""

    tracks: tuple[ShownTrack, ...]
    checks: tuple[CodeLine, ...]
    hidden_count: int
    work: BlockWork
    is_kept: bool
    front: str
    """The framework that a page with scripts shows first."""
    refused: str = ""


def show_exercise(
    exercise: ExerciseValue, block_id: str | None, work: LessonWork | None, *, view: str = ""
) -> ShownExercise:
    """Return the exercise for the person whose work this is; no query.

    The source of hidden checks is never in it, and a reference solution only once it may be seen.
    """
    done = work.of(block_id) if work and block_id else BlockWork()
    refusal = work.refusal if work and work.refusal and work.refusal.block_id == block_id else None
    return ShownExercise(
        tracks=tuple(_track(exercise, track, block_id, work, done) for track in exercise["tracks"]),
        checks=highlighted_lines(exercise["checks"], "python"),
        hidden_count=len(names_of_checks(exercise["hidden_checks"])),
        work=done,
        is_kept=bool(work and work.is_kept),
        front=_front(
            exercise, [refusal.part if refusal else "", done.latest.part if done.latest else "", view]
        ),
        refused=refusal.message if refusal else "",
    )


def may_see_solution(work: BlockWork) -> bool:
    """Whether somebody has earned a look at the reference solution: by passing, or by trying."""
    return work.standing.passed or work.failures >= FAILURES_BEFORE_SOLUTION


def results_of(attempt: Attempt) -> list[ShownResult]:
    """Return what the checks said of an attempt. Of a hidden check only its number and message are told."""
    shown = []
    hidden = 0
    for result in attempt.result.get("results", []):
        if result["hidden"]:
            hidden += 1
            title = _("Hidden check %(number)s") % {"number": hidden}
            shown.append(ShownResult(result["state"], title, result["message"]))
        else:
            shown.append(
                ShownResult(
                    result["state"],
                    result["title"] or result["name"],
                    result["message"],
                    result["expected"],
                    result["got"],
                )
            )
    return shown


def stopped_because(attempt: Attempt) -> str:
    """Return in a sentence why the program was stopped, or nothing when it came to its end."""
    return {
        "time": _("Your program took too long and was stopped. Is there a loop that never ends?"),
        "memory": _("Your program used more memory than there is, and was stopped."),
        "crash": _("Python itself ended while your program was running."),
        "output": _("Your program wrote far too much and was stopped."),
    }.get(attempt.result.get("reason", ""), "")


def _front(exercise: ExerciseValue, wished: list[str]) -> str:
    there = [track["framework"] for track in exercise["tracks"]]
    return next((framework for framework in wished if framework in there), there[0])


def _track(
    exercise: ExerciseValue,
    track: dict,
    block_id: str | None,
    work: LessonWork | None,
    done: BlockWork,
) -> ShownTrack:
    framework = track["framework"]
    draft = work.drafts.get((block_id or "", framework)) if work else None
    written = dict(draft.content["files"]) if draft else {}
    if work and work.refusal and (work.refusal.block_id, work.refusal.part) == (block_id, framework):
        written = work.refusal.files
    files = _files(track["starter"], written)
    new = [ShownFile(name, "python", source, "") for name, source in written.items() if name not in files]
    return ShownTrack(
        framework=framework,
        name=dict(FRAMEWORKS)[framework],
        files=(*files.values(), *new),
        solution=tuple(_files(track["solution"], {}).values()) if may_see_solution(done) else (),
        version=draft.version if draft else 0,
        saved_at=draft.saved_at if draft else None,
    )


def _files(given: ListBlock, written: dict[str, str]) -> dict[str, ShownFile]:
    shown = {}
    for file in given:
        starter = split_marks(file["code"])[0]
        source = written.get(file["name"], starter)
        shown[file["name"]] = ShownFile(file["name"], file["language"], source, starter)
    return shown
