"""The forms of an import: the file, and what its columns fill."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from courses.models import CoursePage
from enrollment.access import admissions_workers
from enrollment.importing.columns import FIELDS, ROUND_ROBIN, Mapping, Values
from enrollment.models import Lead, LeadImport, PipelineStage

STAGES = (PipelineStage.NEW, Lead.Stage.CONTACTED)
"""Where imported people may stand; further on they need what only the desk can do."""


class UploadForm(forms.Form):
    """The table to import."""

    file = forms.FileField(
        label=_("CSV or XLSX file"),
        help_text=_("Up to 20 MB and 200,000 rows. The first row must name the columns."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        allow_empty_file=True,
        error_messages={"required": _("Choose a file")},
    )


class MappingForm(forms.Form):
    """Which field each column fills, and what every row gets where no column says something else."""

    course = forms.ChoiceField(label=_("Course"), required=False)
    source = forms.ChoiceField(label=_("Source"), choices=Lead.Source.choices, initial=Lead.Source.IMPORT)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    stage = forms.ChoiceField(label=_("Stage"))
    tag = LineField(
        label=_("Tag (optional)"),
        required=False,
        max_length=40,
        help_text=_("Sticks on every new lead, such as “Open day November”."),
        error_messages={"max_length": _("Shorten the tag to 40 characters or fewer")},
    )

    def __init__(self, job: LeadImport, data: Any = None) -> None:
        values = job.mapping["values"]
        super().__init__(data, initial={"source": Lead.Source.IMPORT, **values})
        stages = dict(PipelineStage.objects.filter(key__in=STAGES).values_list("key", "name"))
        self._choose("stage", [(key, stages[key]) for key in STAGES if key in stages])
        courses = CoursePage.objects.live().order_by("path").values_list("pk", "title")
        self._choose("course", [("", _("None")), *((str(pk), title) for pk, title in courses)])
        workers = [(str(user.pk), str(user)) for user in admissions_workers()]
        in_turn = (ROUND_ROBIN, _("Counsellors in turn"))
        self._choose("owner", [("", _("Nobody")), in_turn, *workers])
        self.headings = list(job.columns)
        fields = [("", _("Leave out")), *((name, field.label) for name, field in FIELDS.items())]
        for position, heading in enumerate(self.headings):
            self.fields[f"column-{position}"] = forms.ChoiceField(
                label=heading,
                required=False,
                choices=fields,
                initial=job.mapping["columns"].get(heading, ""),
            )

    def columns(self) -> list[forms.BoundField]:
        """Return the field of each column, in the file's order."""
        return [self[f"column-{position}"] for position in range(len(self.headings))]

    def values(self) -> list[forms.BoundField]:
        """Return the fields that hold for every row."""
        return [self[name] for name in ("course", "source", "owner", "stage", "tag")]

    def mapping(self) -> Mapping:
        """Return the mapping that was chosen; needs a valid form."""
        columns = {
            heading: self.cleaned_data[f"column-{position}"]
            for position, heading in enumerate(self.headings)
            if self.cleaned_data[f"column-{position}"]
        }
        values: Values = {
            "course": self.cleaned_data["course"],
            "source": self.cleaned_data["source"],
            "owner": self.cleaned_data["owner"],
            "stage": self.cleaned_data["stage"],
            "tag": self.cleaned_data["tag"],
        }
        return {"columns": columns, "values": values}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen: dict[str, str] = {}
        for position, heading in enumerate(self.headings):
            field = cleaned.get(f"column-{position}")
            if field and field in chosen:
                self.add_error(
                    f"column-{position}",
                    _("“%(other)s” fills this already. Choose another field or leave one of them out.")
                    % {"other": chosen[field]},
                )
            elif field:
                chosen[field] = heading
        if "name" not in chosen:
            self.add_error(None, _("Choose the column that holds the name."))
        if not chosen.keys() & {"email", "phone"}:
            self.add_error(None, _("Choose a column that holds the e-mail address or the phone number."))
        return cleaned

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices
