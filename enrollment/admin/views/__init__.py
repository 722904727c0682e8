"""The screens of the desk."""

from enrollment.admin.views.cohorts import CohortEditView, CohortIndexView
from enrollment.admin.views.contacting import BookView, CallView, ChatView, MailView
from enrollment.admin.views.enrolling import EnrolView, TransferView, WithdrawView
from enrollment.admin.views.followups import (
    EditView,
    OriginalView,
    ReplyView,
    ResumeView,
    SnoozeView,
    StartView,
    StopView,
)
from enrollment.admin.views.keeping import (
    FactsView,
    FileView,
    PointView,
    TagView,
    UnfileView,
    UnpointView,
    UntagView,
)
from enrollment.admin.views.lead_page import LeadFormView, LeadPageView
from enrollment.admin.views.listing import LeadIndexView
from enrollment.admin.views.working import NextActionView, NoteView, OwnerView, StageView

__all__ = ["LEAD_FORM_VIEWS", "CohortEditView", "CohortIndexView", "LeadIndexView", "LeadPageView"]

LEAD_FORM_VIEWS: list[type[LeadFormView]] = [
    NoteView,
    StageView,
    OwnerView,
    NextActionView,
    CallView,
    ChatView,
    MailView,
    BookView,
    ReplyView,
    SnoozeView,
    ResumeView,
    StopView,
    EditView,
    OriginalView,
    StartView,
    FactsView,
    PointView,
    UnpointView,
    TagView,
    UntagView,
    FileView,
    UnfileView,
    EnrolView,
    TransferView,
    WithdrawView,
]
