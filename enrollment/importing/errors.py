"""What can stand in the way of an import, in words for a person."""

from django.utils.translation import gettext as _

from enrollment.errors import EnrollmentError


class UnreadableTable(EnrollmentError):
    """The file can't be taken, and why."""


class ImportMovedOn(EnrollmentError):
    """What was asked is not possible any more, because somebody or the worker was faster."""

    def __init__(self) -> None:
        super().__init__(_("This import has moved on meanwhile. Look at where it is now."))


class LeaseLost(Exception):
    """The import was cancelled, or another worker took it over; nothing of this chunk counts."""
