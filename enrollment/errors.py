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


class AddressSuppressed(EnrollmentError):
    """The address gets no mail any more."""

    def __init__(self, address: str) -> None:
        super().__init__(
            _("%(address)s gets no mail any more: it doesn't exist or was erased. "
              "Ask for another address, or call.") % {"address": address}
        )  # fmt: skip


class GuardianNeeded(EnrollmentError):
    """Somebody under 18 can't allow this themselves."""

    def __init__(self) -> None:
        super().__init__(_("This person is under 18: enter a parent's or guardian's contact first."))


class PersonRestricted(EnrollmentError):
    """The person's data may not be used."""

    def __init__(self) -> None:
        super().__init__(
            _("This person's record is restricted, so nobody may write to them. Ask your admissions lead.")
        )


class PlaceLeftOpen(EnrollmentError):
    """A text has a place that nothing filled."""

    def __init__(self, place: str) -> None:
        super().__init__(
            _("Nothing is known for %(place)s. Write something in its place.") % {"place": place}
        )


class UnknownContactPoint(EnrollmentError):
    """The address or number is not the person's any more."""

    def __init__(self) -> None:
        super().__init__(_("This address or number was changed meanwhile. Choose one from the list."))


class LastContactPoint(EnrollmentError):
    """Without it the person can't be reached at all."""

    def __init__(self) -> None:
        super().__init__(_("This is the only way to reach this person. Add another one first."))


class SeatsLeft(EnrollmentError):
    """Nobody waits for a cohort that has a free seat."""

    def __init__(self) -> None:
        super().__init__(_("This cohort has a free seat. Enrol the person instead of letting them wait."))


class CohortStarted(EnrollmentError):
    """The cohort has begun; its waiting list is closed."""

    def __init__(self) -> None:
        super().__init__(_("This cohort has started, so nobody waits for it any more. Choose another one."))


class EnrolledAlready(EnrollmentError):
    """The person has a seat in the cohort that they want to wait for."""

    def __init__(self) -> None:
        super().__init__(_("This person has a seat in this cohort already."))


class OfferEnded(EnrollmentError):
    """The seat is not held for this person any more."""

    def __init__(self) -> None:
        super().__init__(_("This seat is not held any more. It went to the next person on the list."))


class NobodyElseWaits(EnrollmentError):
    """There is nobody to go before the person."""

    def __init__(self) -> None:
        super().__init__(_("Nobody else is on the list. Take the person off the list instead."))


class NotEnrolledAnyMore(EnrollmentError):
    """The enrolment ended meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("This enrolment is not open any more. Enrol the person instead."))


class StillEnrolled(EnrollmentError):
    """Somebody with an open enrolment can't be erased."""

    def __init__(self) -> None:
        super().__init__(
            _("This person has an open enrolment. Withdraw it on their lead first; for that, lift a "
              "restriction.")
        )  # fmt: skip


class NotWorkedAnyMore(EnrollmentError):
    """A lead was set aside: merged into another one or hidden."""

    def __init__(self) -> None:
        super().__init__(_("The lead was merged already or is hidden. Find it again by its reference."))


class LeadsChanged(EnrollmentError):
    """A lead changed between looking at both and merging them."""

    def __init__(self) -> None:
        super().__init__(
            _("One of these leads was changed meanwhile. Look at both again; what you chose is kept below.")
        )


class TwoAccounts(EnrollmentError):
    """Two people who both sign in can't be made one."""

    def __init__(self) -> None:
        super().__init__(
            _("Both people have an account of their own, so they can't be merged: lessons and results "
              "belong to one account each. Ask the person which one they use, and have the other switched "
              "off.")
        )  # fmt: skip


class BothHoldASeat(EnrollmentError):
    """Both leads were offered a seat in the same cohort."""

    def __init__(self) -> None:
        super().__init__(
            _("Both leads hold an offered seat in the same cohort. Take one off the waiting list first.")
        )


class NothingToReachBy(EnrollmentError):
    """A merge would leave the person without any address or number."""

    def __init__(self) -> None:
        super().__init__(_("Keep at least one way to reach the person."))


class TooLateToUndo(EnrollmentError):
    """The time in which a merge can be taken back is over."""

    def __init__(self) -> None:
        super().__init__(_("A merge can be taken back for 30 days. This one is older."))


class NewerMergeFirst(EnrollmentError):
    """A later merge builds on this one."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            _("Take the newer merge of %(reference)s back first; it builds on this one.")
            % {"reference": reference}
        )


class MergeStays(EnrollmentError):
    """The person was restricted, erased or merged on."""

    def __init__(self) -> None:
        super().__init__(_("This person's record is hidden or erased, so the merge can't be taken back."))


class FollowUpsEnded(EnrollmentError):
    """The run ended meanwhile."""

    def __init__(self, why: str) -> None:
        super().__init__(_("These follow-ups have ended meanwhile: %(why)s.") % {"why": why})


class MessageLeft(EnrollmentError):
    """The message that somebody wants to change has left or was replaced."""

    def __init__(self) -> None:
        super().__init__(
            _("This message has left or changed meanwhile, so it can't be edited any more. The timeline "
              "shows what was sent; what you typed is kept below.")
        )  # fmt: skip


class TextIsFixed(EnrollmentError):
    """The channel carries approved texts only."""

    def __init__(self, channel: str) -> None:
        super().__init__(
            _("A %(channel)s leaves word for word as it was approved, so a single one can't be edited. "
              "Stop these follow-ups and write yourself instead.") % {"channel": channel}
        )  # fmt: skip


class NotYourMessage(EnrollmentError):
    """Only the owner, or who manages leads, may change what a message says."""

    def __init__(self) -> None:
        super().__init__(
            _("Only the lead's owner or an admissions lead can edit its messages. Take the lead first.")
        )


class InSequenceAlready(EnrollmentError):
    """The lead is in the sequence, or it doesn't fit the lead any more."""

    def __init__(self) -> None:
        super().__init__(
            _("This lead is in these follow-ups already, or they don't fit it any more. Open the page again.")
        )
