"""What a person has written and answered: drafts, and attempts that are never overwritten."""

from typing import ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lessons.models.pages import LessonPage


class WorkQuerySet(models.QuerySet):
    """Reads of what belongs to one person."""

    def of(self, owner: "Owner") -> Self:
        """Rows of a learner, or of a visitor without an account."""
        return self.filter(**owner)


type Owner = dict[str, object]
"""Whose work it is, as field values: {"learner": user} or {"visitor": uuid}."""


class Work(models.Model):
    """Something that belongs to a learner, or to a visitor until they have an account."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )
    visitor = models.UUIDField(null=True, blank=True, db_index=True)
    """Key of a visitor's session; the work moves into the account when they sign in."""
    lesson = models.ForeignKey(LessonPage, on_delete=models.PROTECT, related_name="%(class)ss")
    block_id = models.CharField(_("block"), max_length=64)
    part = models.CharField(_("part"), max_length=16, blank=True)
    """The framework of an exercise or pane; empty for a quiz."""

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(learner__isnull=False, visitor__isnull=True)
                | Q(learner__isnull=True, visitor__isnull=False),
                name="%(class)s_has_one_owner",
            ),
        ]


class Draft(Work):
    """The code a person is working on in one block; the last state only."""

    content = models.JSONField(_("content"), default=dict)
    """{"files": {name: source}}."""
    version = models.PositiveIntegerField(_("version"), default=1)
    """Counts the saves; a save that does not know the latest one is a conflict."""
    saved_at = models.DateTimeField(_("saved at"))

    objects = WorkQuerySet.as_manager()

    class Meta(Work.Meta):
        constraints: ClassVar = [
            *Work.Meta.constraints,
            models.UniqueConstraint(
                fields=["learner", "lesson", "block_id", "part"],
                condition=Q(learner__isnull=False),
                name="draft_once_a_learner",
            ),
            models.UniqueConstraint(
                fields=["visitor", "lesson", "block_id", "part"],
                condition=Q(visitor__isnull=False),
                name="draft_once_a_visitor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lesson_id} {self.block_id} {self.part}"


class AttemptQuerySet(WorkQuerySet):
    """Reads of attempts."""

    def passed(self) -> Self:
        """Attempts that the server decided to be good."""
        return self.filter(state=Attempt.State.PASSED)

    def decided(self) -> Self:
        """Attempts with a verdict."""
        return self.filter(state__in=[Attempt.State.PASSED, Attempt.State.FAILED])


class Attempt(Work):
    """One try at an exercise or a quiz, with what was asked at that time; kept for good."""

    class Kind(models.TextChoices):
        EXERCISE = "exercise", _("Exercise")
        QUIZ = "quiz", _("Quiz")

    class State(models.TextChoices):
        OPEN = "open", _("Being answered")
        QUEUED = "queued", _("Waiting for the server's check")
        RUNNING = "running", _("Being checked")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Not passed yet")
        FAULT = "fault", _("Could not be checked")

    key = models.UUIDField(default=uuid4, unique=True)
    """Made by the page; the same submission sent twice is one attempt."""
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    asked = models.JSONField(_("what was asked"), default=dict)
    """Snapshot made at the start. Holds keys of quizzes: it never goes to the browser as it is."""
    answers = models.JSONField(_("answers"), default=dict)
    claimed = models.JSONField(_("what the browser reported"), default=dict, blank=True)
    """A preview; nothing counts by it."""
    result = models.JSONField(_("result"), default=dict, blank=True)
    score = models.PositiveSmallIntegerField(_("score in per cent"), null=True, blank=True)
    revision = models.ForeignKey(
        "wagtailcore.Revision", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The revision of the lesson that was answered."""
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    """When the time of an assessed quiz is over."""
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries of the checker"), default=0)
    retry_at = models.DateTimeField(_("next try at"), null=True, blank=True)
    """When a queued attempt may be taken; for a running one, when its lease ends."""
    lease = models.UUIDField(null=True, blank=True)
    """Token of the checker that holds it; a verdict counts only with the right one."""

    objects = AttemptQuerySet.as_manager()

    class Meta(Work.Meta):
        constraints: ClassVar = [
            *Work.Meta.constraints,
            models.UniqueConstraint(
                fields=["learner", "lesson", "block_id", "number"],
                condition=Q(learner__isnull=False),
                name="attempt_numbered_for_learner",
            ),
            models.UniqueConstraint(
                fields=["visitor", "lesson", "block_id", "number"],
                condition=Q(visitor__isnull=False),
                name="attempt_numbered_for_visitor",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["passed", "failed"]) | Q(decided_at__isnull=False),
                name="attempt_verdict_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["retry_at"],
                condition=Q(state__in=["queued", "running"]),
                name="attempt_waiting",
            ),
            models.Index(fields=["due_at"], condition=Q(state="open"), name="attempt_open_until"),
        ]

    def __str__(self) -> str:
        return f"{self.lesson_id} {self.block_id} {self.number}"

    @property
    def track_name(self) -> str:
        """The framework in which it was solved, as it is written."""
        return self.part.title()

    @property
    def is_decided(self) -> bool:
        """Whether the server has given a verdict; until then every result is provisional."""
        return self.state in {self.State.PASSED, self.State.FAILED}

    @property
    def is_waiting(self) -> bool:
        """Whether a verdict is still to come without anybody doing anything."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}
