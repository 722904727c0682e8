"""What the small forms of the lead page share. Hidden `shown` fields carry what the user saw."""

from typing import Any

from django import forms

from enrollment.forms import LONGEST_ID
from enrollment.models import Lead


class KeyField(forms.ModelChoiceField):
    """One row by its key; a number that no database holds is no choice rather than a failure."""

    def to_python(self, value: Any) -> Any:
        if len(str(value)) >= LONGEST_ID:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class LeadForm(forms.Form):
    """A form about one lead; ids carry its name, because several stand on one page."""

    name = ""

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        self.lead = lead
        super().__init__(data, initial=self.initial_for(lead), auto_id=f"{self.name}-%s")
        for field in self.fields.values():
            field.widget.is_required = False

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {}
