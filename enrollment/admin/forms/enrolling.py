"""The forms of the lead page that give, move and take places in courses."""

import re
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from courses.models import Cohort, CoursePage
from courses.rupees import rupees
from enrollment.admin.forms.base import ClosingReasonField, KeyField, LeadForm
from enrollment.models import Enrollment, Lead, PipelineStage

_MONEY_SIGNS = re.compile(r"[₹,\s]")


class PricedSelect(forms.Select):
    """A select whose options carry their list price, for the script that fills the price in."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if thing := getattr(value, "instance", None):
            option["attrs"]["data-price"] = f"{list_price(thing):f}"
            if isinstance(thing, Cohort):
                option["attrs"]["data-course"] = str(thing.course_id)
        return option


class CohortField(KeyField):
    """A cohort with its start, the seats that are left, its mode and what it costs."""

    def label_from_instance(self, cohort: Cohort) -> str:
        seats = (
            _("%(left)d of %(seats)d seats left") % {"left": cohort.seats_left, "seats": cohort.seats}
            if cohort.seats_left
            else _("full")
        )
        facts = f"{seats}; {cohort.get_mode_display()}; {rupees(cohort.list_price)}"
        return f"{date_format(cohort.starts_on, 'j M Y')} ({facts}): {cohort.course.title}"


class PriceField(forms.DecimalField):
    """An amount in rupees, also with its sign and with commas."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            min_value=0,
            max_digits=9,
            decimal_places=2,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            error_messages={
                "invalid": _("Enter the price as a number, like 45,000"),
                "min_value": _("Enter a price of 0 or more"),
                "max_digits": _("Enter a price below ₹1,00,00,000"),
                "max_whole_digits": _("Enter a price below ₹1,00,00,000"),
                "max_decimal_places": _("Enter rupees with two digits for paise at most, like 45,000.50"),
            },
            **kwargs,
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(_MONEY_SIGNS.sub("", value) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return rupees(value).removeprefix("₹") if isinstance(value, Decimal) else value


class OpenEnrollmentField(KeyField):
    """One of the open enrolments of a lead: the day of the cohort, the price agreed and the course."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Enrolment"),
            queryset=Enrollment.objects.none(),
            empty_label=None,
            error_messages={
                "required": _("Choose an enrolment that is still open"),
                "invalid_choice": _("This enrolment is not open any more"),
            },
        )

    def label_from_instance(self, enrollment: Enrollment) -> str:
        facts = [date_format(enrollment.cohort.starts_on, "j M Y")] if enrollment.cohort else []
        if enrollment.price_agreed is not None:
            facts.append(rupees(enrollment.price_agreed))
        return ", ".join([*facts, enrollment.course.title])


class EnrolForm(LeadForm):
    """A place in a course, with a seat in one of its cohorts when there is one, and the price agreed.

    `free` are the cohorts that had seats, and `price_shown` the price that stood there, when the form
    was made: they tell a seat that was lost meanwhile, and a price that belongs to another choice.
    """

    name = "enrol"
    course = KeyField(
        label=_("Course"),
        queryset=CoursePage.objects.none(),
        empty_label=_("Choose a course"),
        widget=PricedSelect,
        error_messages={
            "required": _("Choose a course"),
            "invalid_choice": _("Choose a course from the list"),
        },
    )
    cohort = CohortField(
        label=_("Cohort"),
        queryset=Cohort.objects.none(),
        required=False,
        empty_label=_("No cohort: learns alone"),
        widget=PricedSelect,
        error_messages={"invalid_choice": _("Choose a cohort from the list")},
    )
    price = PriceField(label=_("Price agreed (₹)"), help_text=_("Empty stands for the list price."))
    price_shown = PriceField()
    free = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        self.fields["price_shown"].widget = forms.HiddenInput()
        courses = cast(forms.ModelChoiceField, self.fields["course"])
        courses.queryset = CoursePage.objects.live().order_by("title")
        cohorts = cast(forms.ModelChoiceField, self.fields["cohort"])
        cohorts.queryset = Cohort.objects.upcoming().select_related("course")

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        free = Cohort.objects.upcoming().with_seats().select_related("course")
        cohorts = list(free)
        chosen = next((cohort for cohort in cohorts if cohort.course_id == lead.course_id), None)
        price = list_price(chosen or lead.course) if lead.course else None
        return {
            "course": lead.course_id,
            "cohort": chosen and chosen.pk,
            "price": price,
            "price_shown": price,
            "free": ",".join(str(cohort.pk) for cohort in cohorts),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        course, cohort = cleaned.get("course"), cleaned.get("cohort")
        if course and cohort and cohort.course_id != course.pk:
            self.add_error("cohort", _("Choose a cohort of this course"))
        elif course and "cohort" in cleaned and "price" in cleaned:
            self._ask_about_price(cleaned, list_price(cohort or course))
        return cleaned

    def _ask_about_price(self, cleaned: dict[str, Any], listed: Decimal) -> None:
        """Refuse once a price that was filled in for another choice and left as it was."""
        price, shown = cleaned["price"], cleaned.get("price_shown")
        if price is not None and price == shown != listed:
            self.data = {**self.data.dict(), "price_shown": ""}  # type: ignore[attr-defined]
            self.add_error(
                "price",
                _("The list price of this choice is %(listed)s, not %(price)s. Enter the price agreed.")
                % {"listed": rupees(listed), "price": rupees(price)},
            )

    def seat_was_shown(self) -> bool:
        """Whether the chosen cohort had a seat when the form was made."""
        cohort = self.cleaned_data.get("cohort")
        return cohort is not None and str(cohort.pk) in self.cleaned_data.get("free", "").split(",")


class TransferForm(EnrolForm):
    """A move of an open enrolment to another cohort or course; the price agreed so far is filled in."""

    name = "transfer"
    enrollment = OpenEnrollmentField()
    field_order = ("enrollment", "course", "cohort", "price")

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ModelChoiceField, self.fields["cohort"]).empty_label = _("Choose a cohort")
        self.fields["price"].help_text = _("Empty keeps the price agreed so far.")
        choose_open_enrollment(self)

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        known = lead.enrollments.open().order_by("pk").first()
        return super().initial_for(lead) | {
            "course": known and known.course_id,
            "cohort": None,
            "price": known and known.price_agreed,
            "price_shown": None,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        known, course, cohort = (cleaned.get(name) for name in ("enrollment", "course", "cohort"))
        if known and course and known.course_id == course.pk and "cohort" in cleaned:
            if cohort is None:
                self.add_error("cohort", _("Choose the cohort to move to"))
            elif cohort.pk == known.cohort_id:
                self.add_error("cohort", _("This is the cohort of today. Choose another one"))
        return cleaned


class WithdrawForm(LeadForm):
    """The end of an enrolment that came from this lead, why, and where the lead goes after its last one."""

    name = "withdraw"
    enrollment = OpenEnrollmentField()
    reason = LineField(
        label=_("Why (for the timeline)"),
        required=False,
        max_length=200,
        error_messages={"max_length": _("Shorten the reason to 200 characters or fewer")},
    )
    stage = forms.ChoiceField(
        label=_("Then the lead goes to"),
        required=False,
        error_messages={"invalid_choice": _("Choose a stage from the list")},
    )
    closing = ClosingReasonField()

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        choose_open_enrollment(self)
        stages = PipelineStage.objects.exclude(key__in=[PipelineStage.NEW, PipelineStage.ENROLLED])
        cast(forms.ChoiceField, self.fields["stage"]).choices = [
            ("", _("Choose a stage")),
            *stages.values_list("key", "name"),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        ending = cleaned.get("enrollment")
        if ending and not self.lead.enrollments.open().exclude(pk=ending.pk).exists():
            if not cleaned.get("stage") and "stage" in cleaned:
                self.add_error("stage", _("Choose where the lead goes: this is its last open enrolment"))
            elif cleaned.get("stage") == PipelineStage.CLOSED and not cleaned.get("closing"):
                self.add_error("closing", _("Choose why the lead is closed"))
        return cleaned


def choose_open_enrollment(form: LeadForm) -> None:
    """Let the form choose among the open enrolments of its lead."""
    field = cast(forms.ModelChoiceField, form.fields["enrollment"])
    field.queryset = Enrollment.objects.open().filter(lead=form.lead).select_related("course", "cohort")


def list_price(thing: Cohort | CoursePage) -> Decimal:
    """Return what a cohort or a course costs by the list."""
    return thing.list_price if isinstance(thing, Cohort) else thing.price
