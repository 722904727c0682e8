"""The enquiry forms. Server rules are the truth; messages say what to do."""

import re
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.fields import EMAIL_FORMAT, CleanCharField, LineField, NameField
from courses.models import CoursePage
from enrollment.consents import PRESENT, WORDINGS
from enrollment.models import Consent, Lead
from enrollment.phones import parse_phone

PHONE_FORMAT = _("Enter a phone number, like 98765 43210 or +44 7700 900982")
GUARDIAN_CONTACT_FORMAT = _("Enter a phone number or an email address, like 98765 43210 or name@example.com")
PLACEMENT_STATUSES = [
    ("student", _("Student")),
    ("graduate", _("Graduate")),
    ("working", _("Working")),
]
LONGEST_ID = 12
LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def is_key(text: str) -> bool:
    """Whether the text is a number that can be the key of a row."""
    return text.isascii() and text.isdigit() and len(text) < LONGEST_ID


class CourseField(forms.ModelChoiceField):
    """A live course, named by page id or by slug, as links from elsewhere do."""

    def to_python(self, value: Any) -> CoursePage | None:
        if value in self.empty_values:
            return None
        found = self._find(str(value).strip())
        if found is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return found

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and value:
            found = self._find(value)
            return found.pk if found else value
        return super().prepare_value(value)

    def _find(self, name: str) -> CoursePage | None:
        courses = CoursePage.objects.live()
        if is_key(name):
            return courses.filter(pk=int(name)).first()
        return courses.filter(slug=name[:255].replace("\x00", "")).first()


class EnquiryForm(forms.Form):
    """What anybody may ask; also the fields that the placement form starts with."""

    name = NameField()
    email = LineField(
        label=_("Email address"),
        max_length=254,
        validators=[EmailValidator(message=EMAIL_FORMAT)],
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": _("Enter your email address"), "max_length": EMAIL_FORMAT},
    )
    contact_by = forms.ChoiceField(
        label=_("How should we contact you?"),
        choices=Lead.ContactBy.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how we should contact you"),
            "invalid_choice": _("Choose how we should contact you"),
        },
    )
    phone = LineField(
        label=_("Phone number"),
        required=False,
        max_length=40,
        help_text=_("Needed for a call or WhatsApp. Spaces and country codes are fine."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"max_length": PHONE_FORMAT},
    )
    course = CourseField(
        label=_("Which course is it about?"),
        queryset=CoursePage.objects.live().order_by("path"),
        required=False,
        empty_label=_("Not sure yet"),
        error_messages={"invalid_choice": _("Choose a course from the list")},
    )
    best_time = forms.ChoiceField(
        label=_("Best time to reach you"),
        required=False,
        choices=[("", _("Any time")), *Lead.BestTime.choices],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose a time from the list")},
    )
    message = CleanCharField(
        label=_("Your message"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5, "data-count": "1000"}),
        error_messages={"max_length": _("Shorten your message to 1,000 characters or fewer")},
    )
    under_18 = forms.BooleanField(
        label=_("I am under 18"),
        required=False,
    )
    guardian_name = LineField(
        label=_("Name of a parent or guardian"),
        required=False,
        max_length=120,
        help_text=_("Needed if you are under 18. We talk to them too, and send you no course news."),
        widget=forms.TextInput(attrs={"data-only-with": "under_18"}),
        error_messages={"max_length": _("Enter the name with at most 120 characters")},
    )
    guardian_contact = LineField(
        label=_("Their phone number or email address"),
        required=False,
        max_length=254,
        help_text=_("Needed if you are under 18."),
        widget=forms.TextInput(attrs={"data-only-with": "under_18", "spellcheck": "false"}),
        error_messages={"max_length": GUARDIAN_CONTACT_FORMAT},
    )
    consent_news = forms.BooleanField(label=WORDINGS[PRESENT][Consent.Purpose.NEWS], required=False)
    key = forms.CharField(required=False, widget=forms.HiddenInput)
    page = CleanCharField(required=False, widget=forms.HiddenInput)
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    NOT_SAID: ClassVar = {"website"}
    """Fields that are no answers of the person."""

    def clean_name(self) -> str:
        """Refuse a link: the acknowledgement greets by name, also people whose address a stranger typed."""
        name = self.cleaned_data["name"]
        if LINK.search(name):
            raise ValidationError(_("Enter your name without a web address"))
        return name

    def clean_page(self) -> str:
        return self.cleaned_data["page"][:300]

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        if typed and parse_phone(typed) is None:
            raise ValidationError(PHONE_FORMAT)
        return typed

    def said(self) -> dict[str, str]:
        """Return each visible answer in words by its label, cleaned; "" where nothing was answered."""
        self.full_clean()
        return {
            str(field.label): _in_words(field)
            for field in self.visible_fields()
            if field.name not in self.NOT_SAID
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        needs_phone = cleaned.get("contact_by") in {Lead.ContactBy.PHONE, Lead.ContactBy.WHATSAPP}
        if needs_phone and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", PHONE_FORMAT)
        if cleaned.get("under_18"):
            self._ask_for_guardian(cleaned)
        return cleaned

    def clean_guardian_name(self) -> str:
        """Refuse a link, as in the person's own name."""
        name = self.cleaned_data["guardian_name"]
        if LINK.search(name):
            raise ValidationError(_("Enter the name without a web address"))
        return name

    def clean_guardian_contact(self) -> str:
        typed = self.cleaned_data["guardian_contact"]
        if typed and parse_phone(typed) is None and not _is_email(typed):
            raise ValidationError(GUARDIAN_CONTACT_FORMAT)
        return typed

    def _ask_for_guardian(self, cleaned: dict[str, Any]) -> None:
        """A child's news consent isn't taken: only a parent or guardian could give it."""
        cleaned["consent_news"] = False
        if not cleaned.get("guardian_name") and "guardian_name" not in self.errors:
            self.add_error("guardian_name", _("Enter the name of a parent or guardian"))
        if not cleaned.get("guardian_contact") and "guardian_contact" not in self.errors:
            self.add_error("guardian_contact", GUARDIAN_CONTACT_FORMAT)


def _is_email(text: str) -> bool:
    try:
        EmailValidator()(text)
    except ValidationError:
        return False
    return True


def _in_words(field: forms.BoundField) -> str:
    if isinstance(field.field, forms.BooleanField):
        return gettext("Yes") if field.value() else gettext("No")
    if isinstance(field.field, forms.ChoiceField | forms.ModelChoiceField):
        choices = {str(key): str(label) for key, label in field.field.widget.choices if str(key)}
        return choices.get(str(field.value() or ""), "")
    value = field.form.cleaned_data.get(field.name)
    return "" if value is None else str(value)


class PlacementForm(EnquiryForm):
    """The enquiry form for placement assistance."""

    status = forms.ChoiceField(
        label=_("What describes you best?"),
        choices=PLACEMENT_STATUSES,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what describes you best"),
            "invalid_choice": _("Choose what describes you best"),
        },
    )
    experience_years = forms.IntegerField(
        label=_("Years of work experience"),
        required=False,
        min_value=0,
        max_value=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": _("Enter years of experience as a whole number, like 2"),
            "min_value": _("Enter 0 or more years"),
            "max_value": _("Enter 60 years or fewer"),
        },
    )
    target_role = LineField(
        label=_("Which role are you looking for?"),
        required=False,
        max_length=120,
        error_messages={"max_length": _("Shorten the role to 120 characters or fewer")},
    )
    skills = CleanCharField(
        label=_("Your skills"),
        required=False,
        max_length=500,
        help_text=_("Languages, frameworks and tools that you have used."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Shorten your skills to 500 characters or fewer")},
    )

    field_order: tuple[str, ...] = (
        "name", "email", "contact_by", "phone", "status", "experience_years", "target_role",
        "skills", "course", "best_time", "message", "under_18", "guardian_name", "guardian_contact",
        "consent_news",
    )  # fmt: skip

    DETAIL_FIELDS = ("status", "experience_years", "target_role", "skills")
