"""From the first enquiry to an enrolled learner."""

from enrollment.models.enrollments import Enrollment
from enrollment.models.leads import Consent, ContactPoint, Lead, LeadEvent, Person
from enrollment.models.submissions import Submission

__all__ = [
    "Consent",
    "ContactPoint",
    "Enrollment",
    "Lead",
    "LeadEvent",
    "Person",
    "Submission",
]
