"""People who may be one, and records that were made one."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DuplicateSuggestion(models.Model):
    """Two people who share an address or a number; a person decides whether they are one."""

    person = models.ForeignKey("enrollment.Person", on_delete=models.CASCADE, related_name="suggestions")
    other = models.ForeignKey("enrollment.Person", on_delete=models.CASCADE, related_name="+")
    """The one who was known before."""
    same_email = models.BooleanField(_("same e-mail address"), default=False)
    same_phone = models.BooleanField(_("same phone"), default=False)
    same_name = models.BooleanField(_("same name"), default=False)
    dismissed_at = models.DateTimeField(_("said to be two people at"), null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "other"], name="duplicate_suggestion_once"),
            models.CheckConstraint(
                condition=Q(person__gt=F("other")), name="duplicate_suggestion_newer_to_older"
            ),
            models.CheckConstraint(
                condition=Q(same_email=True) | Q(same_phone=True), name="duplicate_suggestion_has_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(dismissed_at__isnull=True),
                name="duplicate_suggestion_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} and {self.other_id}"


class Merge(models.Model):
    """Two leads made one, with everything that is needed to take it back."""

    kept = models.ForeignKey("enrollment.Lead", on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey("enrollment.Lead", on_delete=models.PROTECT, related_name="merges")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    record = models.JSONField(_("record"), default=dict)
    """Values before, and the keys of every row that moved, by model."""
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["absorbed"], condition=Q(undone_at__isnull=True), name="merge_absorbs_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("absorbed")), name="merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.kept_id}"
