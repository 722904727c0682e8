"""From the first enquiry to an enrolled learner."""

from enrollment.models.assignment import Counsellor, Leave
from enrollment.models.capture import CaptureSource, ContactClick, ImportedRow, LeadImport
from enrollment.models.desk import LeadFile, LeadTag, MessageTemplate, SavedView
from enrollment.models.duplicates import DuplicateSuggestion, Merge
from enrollment.models.enrollments import Enrollment, WaitingPlace
from enrollment.models.events import LeadEvent
from enrollment.models.followups import Sequence, SequenceRun, Step, TextVersion
from enrollment.models.leads import Lead
from enrollment.models.people import ContactPoint, Person
from enrollment.models.pipeline import ClosingReason, PipelineStage, StageChange
from enrollment.models.privacy import Consent, DataAccess
from enrollment.models.submissions import Submission

__all__ = [
    "CaptureSource",
    "ClosingReason",
    "Consent",
    "ContactClick",
    "ContactPoint",
    "Counsellor",
    "DataAccess",
    "DuplicateSuggestion",
    "Enrollment",
    "ImportedRow",
    "Lead",
    "LeadEvent",
    "LeadFile",
    "LeadImport",
    "LeadTag",
    "Leave",
    "Merge",
    "MessageTemplate",
    "Person",
    "PipelineStage",
    "SavedView",
    "Sequence",
    "SequenceRun",
    "StageChange",
    "Step",
    "Submission",
    "TextVersion",
    "WaitingPlace",
]
