"""The forms of the desk."""

from enrollment.admin.forms.base import KeyField, LeadForm
from enrollment.admin.forms.cohorts import CohortForm, too_few_seats
from enrollment.admin.forms.contacting import BookForm, CallForm, ChatForm, MailForm
from enrollment.admin.forms.enrolling import EnrolForm, WithdrawForm
from enrollment.admin.forms.followups import (
    EditForm,
    OriginalForm,
    ReplyForm,
    ResumeForm,
    SnoozeForm,
    StartForm,
    StopForm,
)
from enrollment.admin.forms.keeping import (
    FactsForm,
    FileForm,
    PointForm,
    TagForm,
    UnfileForm,
    UnpointForm,
    UntagForm,
)
from enrollment.admin.forms.working import (
    DoneForm,
    NextActionForm,
    NoteForm,
    OwnerForm,
    QuickPlanForm,
    StageForm,
    TakeForm,
)

LEAD_FORMS: list[type[LeadForm]] = [
    NoteForm,
    StageForm,
    NextActionForm,
    CallForm,
    ChatForm,
    MailForm,
    BookForm,
    ReplyForm,
    FactsForm,
    PointForm,
    TagForm,
    FileForm,
    EnrolForm,
]
"""What stands on the lead page for everybody who works leads."""

__all__ = [
    "LEAD_FORMS",
    "BookForm",
    "CallForm",
    "ChatForm",
    "CohortForm",
    "DoneForm",
    "EditForm",
    "EnrolForm",
    "FactsForm",
    "FileForm",
    "KeyField",
    "LeadForm",
    "MailForm",
    "NextActionForm",
    "NoteForm",
    "OriginalForm",
    "OwnerForm",
    "PointForm",
    "QuickPlanForm",
    "ReplyForm",
    "ResumeForm",
    "SnoozeForm",
    "StageForm",
    "StartForm",
    "StopForm",
    "TagForm",
    "TakeForm",
    "UnfileForm",
    "UnpointForm",
    "UntagForm",
    "WithdrawForm",
    "too_few_seats",
]
