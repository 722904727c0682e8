"""What a post tells about where it came from, as the lead and its person keep it."""

from datetime import datetime
from typing import Any

from accounts.models import User
from enrollment.attribution import campaign_of, source_of
from enrollment.models import Lead, Person, Submission

WRITTEN_DOWN_NOTICE = "asked-by-phone"
"""Consent that staff asked for in a talk: no notice of ours was read."""
ELSEWHERE_NOTICE = "sent-by-source"
"""Consent that another system vouches for; which one stands on the submission."""


def lead_origin(submission: Submission, answers: dict[str, Any], *, asked_at: datetime) -> dict[str, Any]:
    """Return the fields of a new lead that say where it came from and, at the desk, whose it is.

    Who was talked to got the answer as they asked, at the very same time.
    """
    touches = submission.attribution
    if submission.form == Submission.Form.DESK:
        return {
            "source": answers["source"],
            "owner": answers["owner"],
            "answered_at": asked_at if answers["talked"] else None,
        }
    source = Lead.Source.PARTNER if submission.form == Submission.Form.API else source_of(touches)
    return {
        "source": source,
        "campaign": campaign_of(touches),
        "attribution": touches,
        "capture_source": submission.capture_source,
    }


def writer_of(submission: Submission) -> User | None:
    """Return who at the desk wrote the enquiry down; None when it came by itself."""
    return submission.account if submission.form == Submission.Form.DESK else None


def notice_of(submission: Submission, shown: str) -> str:
    """Return which wording of the consent was met; `shown` is the one on the site's own forms."""
    if submission.form == Submission.Form.DESK:
        return WRITTEN_DOWN_NOTICE
    return ELSEWHERE_NOTICE if submission.form == Submission.Form.API else shown


def note_guardian(person: Person, answers: dict[str, Any]) -> None:
    """Keep that somebody is under 18 and who speaks for them; saying nothing takes nothing back."""
    said = {
        "under_18": answers["under_18"],
        "guardian_name": answers["guardian_name"],
        "guardian_contact": answers["guardian_contact"],
    }
    changed = {name: value for name, value in said.items() if value and getattr(person, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(person, name, value)
        person.save(update_fields=list(changed))
