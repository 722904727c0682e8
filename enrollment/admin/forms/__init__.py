"""The forms of the desk."""

from enrollment.admin.forms.base import KeyField, LeadForm
from enrollment.admin.forms.cohorts import CohortForm, too_few_seats
from enrollment.admin.forms.enrolling import EnrolForm, WithdrawForm
from enrollment.admin.forms.working import DoneForm, NextActionForm, NoteForm, OwnerForm, StageForm

LEAD_FORMS: list[type[LeadForm]] = [NoteForm, StageForm, OwnerForm, NextActionForm, EnrolForm]

__all__ = [
    "LEAD_FORMS",
    "CohortForm",
    "DoneForm",
    "EnrolForm",
    "KeyField",
    "LeadForm",
    "NextActionForm",
    "NoteForm",
    "OwnerForm",
    "StageForm",
    "WithdrawForm",
    "too_few_seats",
]
