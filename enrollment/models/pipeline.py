"""The stages that a lead goes through, why leads are closed, and every move between stages."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PipelineStage(models.Model):
    """A column of the board. New, enrolled and closed are what the product itself moves leads to.

    Those three can be renamed and moved, never deleted; an institute may add others between them.
    """

    NEW, ENROLLED, CLOSED = "new", "enrolled", "closed"
    FIXED = (NEW, ENROLLED, CLOSED)
    ENDED = (ENROLLED, CLOSED)

    key = models.SlugField(_("key"), max_length=12, unique=True)
    """What leads and links refer to; never changes."""
    name = models.CharField(_("name"), max_length=40)
    position = models.PositiveSmallIntegerField(
        _("position"), default=50, help_text=_("Columns of the board stand in this order.")
    )
    stuck_after_hours = models.PositiveSmallIntegerField(
        _("stuck after (working hours)"),
        null=True,
        blank=True,
        help_text=_("A lead that stays longer in this stage is marked. Leave empty for no limit."),
    )

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering: ClassVar = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class ClosingReason(models.Model):
    """Why a lead was closed, chosen from a list so that reports can count it."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=50)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering: ClassVar = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class StageChange(models.Model):
    """One move of a lead from a stage to another; append-only, what the funnel is counted from."""

    lead = models.ForeignKey("enrollment.Lead", on_delete=models.CASCADE, related_name="stage_changes")
    before = models.ForeignKey(PipelineStage, to_field="key", on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(PipelineStage, to_field="key", on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    stayed = models.DurationField(_("stayed in the stage before"))
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["lead", "created_at"], name="stage_change_lead"),
            models.Index(fields=["after", "created_at"], name="stage_change_after"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(before=models.F("after")), name="stage_change_moves")
        ]

    def __str__(self) -> str:
        return f"{self.before_id} to {self.after_id}"
