"""What a step may ask before it leaves; enrollment.followups.conditions answers."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class DaysBlock(blocks.IntegerBlock):
    """A number of days."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(min_value=1, max_value=365, **kwargs)


class ConditionBlock(blocks.StreamBlock):
    """Conditions on learning and seats; each names one fact that must hold."""

    account_made = blocks.StaticBlock(
        label=_("They have made their account"), icon="user", admin_text=_("They have signed in once.")
    )
    no_account = blocks.StaticBlock(
        label=_("They have no account yet"), icon="user", admin_text=_("They have never signed in.")
    )
    first_lesson_done = blocks.StaticBlock(
        label=_("They have done a first lesson"), icon="success", admin_text=_("One lesson or more is done.")
    )
    no_lesson_done = blocks.StaticBlock(
        label=_("They have done no lesson yet"), icon="cross", admin_text=_("No lesson is done.")
    )
    inactive_for = DaysBlock(label=_("Inactive for at least (days)"), icon="time")
    cohort_starts_in = DaysBlock(label=_("The cohort starts within (days)"), icon="calendar-alt")
    seats_left = blocks.IntegerBlock(
        label=_("Nearly full: seats left at most"), icon="group", min_value=0, max_value=999
    )
