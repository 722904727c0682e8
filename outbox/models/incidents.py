"""Times in which messages were late."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _


class Incident(models.Model):
    """Messages were late from one moment to another; at most one goes on at a time."""

    began_at = models.DateTimeField(_("began at"))
    """When the first late message became due, or when nothing left any more."""
    noticed_at = models.DateTimeField(_("noticed at"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    most_due = models.PositiveIntegerField(_("most messages due"), default=0)

    class Meta:
        ordering: ClassVar = ["-began_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(Value(1), condition=Q(ended_at__isnull=True), name="incident_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"
