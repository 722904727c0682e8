"""What can stand in the way of admissions' work; each says it in words for a person."""

from datetime import datetime

from django.utils.translation import gettext as _


class EnrollmentError(Exception):
    """Something that a member of staff or a learner can understand and act on."""


class CohortFull(EnrollmentError):
    """The last seat is gone."""

    def __init__(self) -> None:
        super().__init__(_("The last seat of this cohort is taken. Choose another cohort."))


class WrongCohort(EnrollmentError):
    """The cohort belongs to another course."""

    def __init__(self) -> None:
        super().__init__(_("This cohort belongs to another course. Choose a cohort of this course."))


class NoEmailAddress(EnrollmentError):
    """The lead's person can't be invited."""

    def __init__(self) -> None:
        super().__init__(
            _("This person left no e-mail address, so no account can be made. Ask for one first.")
        )


class AccountDisabled(EnrollmentError):
    """The person's account was switched off."""

    def __init__(self) -> None:
        super().__init__(
            _("This person's account is switched off. Ask an administrator to switch it on first.")
        )


class ChangedMeanwhile(EnrollmentError):
    """Somebody else changed the same thing after the form was shown."""

    def __init__(self, *, what: str, by: str, at: datetime | None) -> None:
        self.what, self.by, self.at = what, by, at
        super().__init__(what)


class UnknownStage(EnrollmentError):
    """There is no such stage any more."""

    def __init__(self) -> None:
        super().__init__(_("This stage does not exist any more. Choose one from the list."))


class NoClosingReason(EnrollmentError):
    """A lead is closed with a reason or not at all."""

    def __init__(self) -> None:
        super().__init__(_("Choose why the lead is closed."))
