"""Forms of enquiries that don't come by the site: from another system, by phone, over the counter."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from enrollment.access import admissions_workers
from enrollment.forms import PlacementForm
from enrollment.models import Lead, Person

NEED_A_WAY = _("Enter a phone number or an email address")
DESK_SOURCES = (Lead.Source.PHONE, Lead.Source.WALK_IN, Lead.Source.REFERRAL)


class CapturedForm(PlacementForm):
    """The answers of both forms of the site; one way to reach the person is enough."""

    interest = forms.ChoiceField(
        label=_("What is it about?"),
        required=False,
        choices=Lead.Interest.choices,
        initial=Lead.Interest.CONTACT,
        error_messages={"invalid_choice": _("Choose course or placement")},
    )

    LABELS: ClassVar = {
        "name": _("Name"),
        "contact_by": _("How should we contact them?"),
        "best_time": _("Best time to reach them"),
        "message": _("What did they ask?"),
        "consent_news": _("They want course news by e-mail about once a month"),
        "under_18": _("They are under 18"),
        "status": _("What describes them best?"),
        "target_role": _("Which role are they looking for?"),
        "skills": _("Their skills"),
    }
    HINTS: ClassVar[dict[str, Any]] = {
        "phone": _("Spaces and country codes are fine."),
        "under_18": _("Ask for a parent or guardian; no course news for them."),
        "guardian_name": "",
        "guardian_contact": "",
        "skills": "",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "contact_by", "status"):
            self.fields[name].required = False
        self.fields["name"].error_messages["required"] = _("Enter the name")
        self.fields["email"].error_messages["required"] = _("Enter the email address")
        for name, label in self.LABELS.items():
            self.fields[name].label = label
        for name, hint in self.HINTS.items():
            self.fields[name].help_text = hint
        for name in ("name", "email", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        email, phone = cleaned.get("email"), cleaned.get("phone")
        cleaned["contact_by"] = cleaned.get("contact_by") or self._likely_way(bool(phone))
        cleaned["interest"] = cleaned.get("interest") or Lead.Interest.CONTACT
        if not email and not phone and not {"email", "phone"} & set(self.errors):
            self.add_error("phone", NEED_A_WAY)
        elif cleaned["contact_by"] == Lead.ContactBy.EMAIL and not email and "email" not in self.errors:
            self.add_error("email", self.fields["email"].error_messages["required"])
        return cleaned

    def _likely_way(self, has_phone: bool) -> str:
        return Lead.ContactBy.PHONE if has_phone else Lead.ContactBy.EMAIL


class ApiForm(CapturedForm):
    """What another system may send; field names are those of docs/lead-api.md."""

    FIELDS: ClassVar = (
        "name", "email", "phone", "contact_by", "best_time", "interest", "course", "message", "consent_news",
        "under_18", "guardian_name", "guardian_contact", *PlacementForm.DETAIL_FIELDS,
    )  # fmt: skip

    def _likely_way(self, has_phone: bool) -> str:
        return Lead.ContactBy.EMAIL if self.cleaned_data.get("email") else super()._likely_way(has_phone)


class DeskForm(CapturedForm):
    """An enquiry that somebody at the desk writes down."""

    source = forms.ChoiceField(
        label=_("How did they ask?"),
        choices=[(source.value, source.label) for source in DESK_SOURCES],
        initial=Lead.Source.PHONE,
        error_messages={"required": _("Choose how they asked"), "invalid_choice": _("Choose how they asked")},
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody"),
        error_messages={"invalid_choice": _("Choose an owner from the list")},
    )
    talked = forms.BooleanField(
        label=_("Somebody talked to them"),
        required=False,
        initial=True,
        help_text=_("Then the promised answer is given already and nothing is late."),
    )
    acknowledge = forms.BooleanField(
        label=_("Send the acknowledgement by e-mail"),
        required=False,
        initial=True,
        help_text=_("Only when there is an e-mail address."),
    )

    language = forms.ChoiceField(
        label=_("Which language do they like to read?"),
        choices=Person.Language,
        required=False,
        initial=Person.Language.ENGLISH,
        error_messages={"invalid_choice": _("Choose a language from the list")},
    )

    field_order = (
        "name", "phone", "email", "source", "interest", "course", "message", "contact_by", "best_time",
        "language", "owner", "talked", "acknowledge", "consent_news", "under_18", "guardian_name",
        "guardian_contact",
        *PlacementForm.DETAIL_FIELDS,
    )  # fmt: skip
    NOT_SAID: ClassVar = {"website", "source", "owner", "talked", "acknowledge", "language"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = admissions_workers()  # type: ignore[attr-defined]
        self.fields["consent_news"].label = _("Asked on the phone: they want course news about once a month")
