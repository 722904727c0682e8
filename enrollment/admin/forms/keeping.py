"""The forms of the lead page that put facts right and keep tags and files."""

from pathlib import PurePath
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.fields import EMAIL_FORMAT, CleanCharField, LineField
from courses.models import CoursePage
from enrollment.admin.forms.base import KeyField, LeadForm, TagsField
from enrollment.correcting import Facts, facts_shown
from enrollment.filing import LARGEST, STARTS, looks_like
from enrollment.models import ContactPoint, Lead, LeadFile, LeadTag, Person
from enrollment.phones import parse_phone

TIME_ZONES = (
    "Asia/Kolkata", "Asia/Dubai", "Asia/Riyadh", "Asia/Qatar", "Asia/Kuwait", "Asia/Bahrain", "Asia/Muscat",
    "Asia/Colombo", "Asia/Dhaka", "Asia/Kathmandu", "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Hong_Kong",
    "Asia/Tokyo", "Australia/Perth", "Australia/Sydney", "Pacific/Auckland", "Africa/Nairobi",
    "Africa/Johannesburg", "Europe/London", "Europe/Paris", "Europe/Berlin", "America/New_York",
    "America/Toronto", "America/Chicago", "America/Denver", "America/Los_Angeles",
)  # fmt: skip
"""Where people who ask live, by and large; one that is known already is offered too."""


def time_zone_choices(now: str = "") -> list[tuple[str, str]]:
    """Return the zones to choose from, by their city."""
    zones = {*TIME_ZONES, now} - {""}
    cities = {zone: zone.rpartition("/")[2].replace("_", " ") for zone in zones}
    return [("", str(_("As the institute"))), *sorted(cities.items(), key=lambda zone: zone[1])]


class FactsForm(LeadForm):
    """What is known about the person and what they want."""

    name = "facts"
    person_name = LineField(
        label=_("Name"),
        max_length=120,
        error_messages={
            "required": _("Enter the person's name"),
            "max_length": _("Enter the name with at most 120 characters"),
        },
    )
    interest = forms.ChoiceField(
        label=_("Interest"),
        choices=Lead.Interest,
        error_messages={"invalid_choice": _("Choose an interest from the list")},
    )
    course = KeyField(
        label=_("Course"),
        queryset=CoursePage.objects.none(),
        required=False,
        empty_label=_("Not chosen"),
        error_messages={"invalid_choice": _("Choose a course from the list")},
    )
    contact_by = forms.ChoiceField(
        label=_("Contact by"),
        choices=[("", _("Not known")), *Lead.ContactBy.choices],
        required=False,
        error_messages={"invalid_choice": _("Choose a way from the list")},
    )
    best_time = forms.ChoiceField(
        label=_("Best time"),
        choices=[("", _("Any")), *Lead.BestTime.choices],
        required=False,
        error_messages={"invalid_choice": _("Choose a time from the list")},
    )
    language = forms.ChoiceField(
        label=_("Reads"),
        choices=Person.Language,
        required=False,
        error_messages={"invalid_choice": _("Choose a language from the list")},
    )
    time_zone = forms.ChoiceField(
        label=_("Lives by the clock of"),
        choices=time_zone_choices,
        required=False,
        error_messages={"invalid_choice": _("Choose a place from the list")},
    )
    shown = CleanCharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        courses = cast(forms.ModelChoiceField, self.fields["course"])
        courses.queryset = CoursePage.objects.filter(Q(live=True) | Q(pk=lead.course_id)).order_by("title")
        zones = cast(forms.ChoiceField, self.fields["time_zone"])
        zones.choices = time_zone_choices(lead.person.time_zone)

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {
            "person_name": lead.person.name,
            "interest": lead.interest,
            "course": lead.course_id,
            "contact_by": lead.contact_by,
            "best_time": lead.best_time,
            "language": lead.person.language,
            "time_zone": lead.person.time_zone,
            "shown": facts_shown(lead),
        }

    def facts(self) -> Facts:
        """Return what was chosen."""
        data = self.cleaned_data
        return Facts(
            name=data["person_name"],
            interest=data["interest"],
            course=data["course"],
            contact_by=data["contact_by"],
            best_time=data["best_time"],
            language=data["language"] or self.lead.person.language,
            time_zone=data["time_zone"],
        )


class OwnPointField(KeyField):
    """One of the person's own addresses and numbers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=ContactPoint.objects.none(),
            widget=forms.HiddenInput,
            error_messages={
                "required": _("Choose an address or number of this person"),
                "invalid_choice": _("This address or number was removed meanwhile"),
            },
            **kwargs,
        )


class PointForm(LeadForm):
    """An address or number that is new, or another one in place of `point`."""

    name = "point"
    value = LineField(
        label=_("E-mail address or phone"),
        max_length=254,
        error_messages={
            "required": _("Enter an e-mail address or a phone number"),
            "max_length": _("Enter at most 254 characters"),
        },
    )
    point = OwnPointField(required=False)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ModelChoiceField, self.fields["point"]).queryset = lead.person.contact_points.all()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed, point = cleaned.get("value", ""), cleaned.get("point")
        if not typed:
            return cleaned
        kind = ContactPoint.Kind.EMAIL if "@" in typed else ContactPoint.Kind.PHONE
        if kind == ContactPoint.Kind.EMAIL:
            cleaned["stored"] = typed.lower()
            try:
                validate_email(typed)
            except ValidationError:
                self.add_error("value", EMAIL_FORMAT)
        else:
            cleaned["stored"] = parse_phone(typed)
            if cleaned["stored"] is None:
                self.add_error("value", _("Enter a phone number, like 98765 43210 or +44 7700 900982"))
        if point and point.kind != kind and not self.errors:
            self.add_error("value", _("Add this as a new line; correct a number by a number only"))
        return cleaned | {"kind": kind}


class UnpointForm(LeadForm):
    """An address or number to forget."""

    name = "unpoint"
    point = OwnPointField()

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ModelChoiceField, self.fields["point"]).queryset = lead.person.contact_points.all()


class TagForm(LeadForm):
    """Tags to stick on, separated by commas."""

    name = "tag"
    names = TagsField(
        label=_("Add tags"),
        max_length=400,
        help_text=_("Several are separated by commas."),
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off"}),
        error_messages={
            "required": _("Enter a tag"),
            "max_length": _("Enter at most 400 characters"),
        },
    )


class UntagForm(LeadForm):
    """A tag to take off."""

    name = "untag"
    tag = KeyField(
        queryset=LeadTag.objects.all(),
        error_messages={
            "required": _("Choose a tag of this lead"),
            "invalid_choice": _("This tag is gone already"),
        },
    )


class FileForm(LeadForm):
    """A file to keep with the lead."""

    name = "file"
    file = forms.FileField(
        label=_("Add a file"),
        max_length=150,
        help_text=_("PDF, picture, Word, Excel or text, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ",".join(STARTS)}),
        error_messages={
            "required": _("Choose a file"),
            "missing": _("Choose a file"),
            "invalid": _("Choose a file"),
            "empty": _("This file is empty. Choose another one"),
            "max_length": _("Shorten the file's name to 150 characters or fewer"),
        },
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST:
            raise forms.ValidationError(
                _("This file has %(size)s. Choose one of at most 10 MB.")
                % {"size": filesizeformat(upload.size)}
            )
        start = upload.read(4096)
        upload.seek(0)
        if not looks_like(PurePath(upload.name).suffix.lower(), start):
            raise forms.ValidationError(
                _("This isn't a PDF, picture, Word, Excel or text file. Choose another one.")
            )
        return upload


class UnfileForm(LeadForm):
    """A file to delete."""

    name = "unfile"
    file = KeyField(
        queryset=LeadFile.objects.none(),
        error_messages={
            "required": _("Choose a file of this lead"),
            "invalid_choice": _("This file is deleted already"),
        },
    )

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ModelChoiceField, self.fields["file"]).queryset = lead.files.all()
