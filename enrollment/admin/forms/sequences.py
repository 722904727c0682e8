"""The forms of a sequence and of its steps."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from courses.models import CoursePage
from enrollment.admin.sequence_words import FIELDS_OF
from enrollment.followups.switching import obstacles
from enrollment.models import Lead, MessageTemplate, Sequence, Step

NEEDED = {"days": _("Say how many days."), "stage": _("Choose the stage.")}


class TextIterator(forms.models.ModelChoiceIterator):
    """The texts by channel, so that a step's channel and text are easily chosen alike; one query."""

    def __iter__(self) -> Iterator[Any]:
        yield "", self.field.empty_label
        for channel, texts in groupby(self.queryset.order_by("channel", "position", "pk"), _channel_of):
            yield channel, [self.choice(text) for text in texts]


def _channel_of(text: MessageTemplate) -> str:
    return text.get_channel_display()


class TextChoiceField(forms.ModelChoiceField):
    """One of the texts."""

    iterator = TextIterator


class StepForm(WagtailAdminModelForm):
    """A step, whose text is one for its channel."""

    text = TextChoiceField(
        label=_("Text"),
        queryset=MessageTemplate.objects.all(),
        empty_label=_("Choose a text"),
        error_messages={"required": _("Choose the text that this step sends.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text = cleaned.get("text")
        channel = cleaned.get("channel")
        if text and channel and text.channel != channel:
            self.add_error(
                "text",
                _("“%(text)s” is a text for %(other)s. Choose one for %(channel)s, or another channel.")
                % {
                    "text": text,
                    "other": text.get_channel_display(),
                    "channel": MessageTemplate.Channel(channel).label,
                },
            )
        return cleaned


class SequenceForm(WagtailAdminModelForm):
    """A sequence. What doesn't count for its trigger is emptied; one that is on stays fit to be on."""

    interest = forms.ChoiceField(
        label=_("Interest"), required=False, choices=[("", _("Any")), *Lead.Interest.choices]
    )
    course = forms.ModelChoiceField(
        label=_("Course"), required=False, queryset=CoursePage.objects.order_by("title"), empty_label=_("Any")
    )
    source = forms.ChoiceField(
        label=_("Source"), required=False, choices=[("", _("Any")), *Lead.Source.choices]
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        trigger = cleaned.get("trigger", "")
        if trigger not in Sequence.Trigger:
            return cleaned
        counts = FIELDS_OF[Sequence.Trigger(trigger)]
        for name in ("interest", "course", "source", "stage", "days"):
            if name not in counts:
                cleaned[name] = "" if name in ("interest", "source") else None
                self.errors.pop(name, None)
            elif name in NEEDED and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, NEEDED[name])
        self._check_basis(cleaned, learning=trigger in Sequence.LEARNING)
        return cleaned

    def _check_basis(self, cleaned: dict[str, Any], *, learning: bool) -> None:
        basis = cleaned.get("basis")
        if learning:
            cleaned["stop_on_enrolment"] = False
        if basis == Sequence.Basis.COURSE and not learning:
            self.add_error(
                "basis", _("They take no course yet. Choose the answer to what they asked, or course news.")
            )
        if basis == Sequence.Basis.ANSWER and learning:
            self.add_error(
                "basis", _("Learners asked for nothing: choose the course they take, or course news.")
            )

    def is_valid(self) -> bool:
        """Also refuse to leave a sequence that is on without what it needs to be on."""
        if not super().is_valid():
            return False
        if self.instance.is_on:
            for found in obstacles(self.instance, self._steps()):
                self.add_error(None, found)
        return not self.errors

    def _steps(self) -> list[Step]:
        kept = [form for form in self.formsets["steps"].ordered_forms if form.cleaned_data]
        return [form.instance for form in kept]

    def save(self, commit: bool = True) -> Sequence:
        """Write what was edited; whether it is on, and who was looked for, stay as they are by now."""
        if not commit or self.instance._state.adding:
            return super().save(commit=commit)
        with transaction.atomic():
            now = Sequence.objects.select_for_update().get(pk=self.instance.pk)
            self.instance.is_on, self.instance.entered_until = now.is_on, now.entered_until
            return super().save()
