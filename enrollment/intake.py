"""From a form post to a lead: kept first, checked second, made into records in one transaction."""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

import structlog
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.datastructures import MultiValueDict
from wagtail.models import Site

from courses.models import InstituteSettings
from enrollment.forms import EnquiryForm, PlacementForm
from enrollment.mails import render_mail
from enrollment.models import Consent, ContactPoint, Lead, LeadEvent, Person, Submission
from enrollment.phones import parse_phone
from outbox.models import Message
from outbox.queue import enqueue

FORMS: dict[str, type[EnquiryForm]] = {
    Submission.Form.ENQUIRY: EnquiryForm,
    Submission.Form.PLACEMENT: PlacementForm,
}
INTERESTS = {
    Submission.Form.ENQUIRY: Lead.Interest.CONTACT,
    Submission.Form.PLACEMENT: Lead.Interest.PLACEMENT,
}
NOTICE_VERSION = "2026-11"
"""Which wording of the news consent was shown; changes when the wording does."""
UNSETTLED_AFTER = timedelta(minutes=2)
"""A post that is only recorded after this time was cut off and is settled by the sweep."""

_REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_NOT_CONTENT = {"csrfmiddlewaretoken", "key"}

log = structlog.get_logger(__name__)


def find_repeat(data: QueryDict) -> Submission | None:
    """Return the submission that this very post already made, or None; one or two queries."""
    key = _posted_key(data)
    if key is None:
        return None
    digest = _digest(_payload(data))
    return Submission.objects.filter(key__in=[key, uuid5(key, digest)], digest=digest).first()


def record(*, form: str, data: QueryDict, address: str | None) -> Submission:
    """Commit a post as it came, before anything is checked.

    The same key with the same content is the same submission. The same key with other content (a
    corrected form, or a cached page used by two people) is kept beside the first one.
    """
    payload = _payload(data)
    digest = _digest(payload)
    key = _posted_key(data) or uuid4()
    earlier = Submission.objects.filter(key=key).first()
    if earlier and earlier.digest != digest:
        key = uuid5(key, digest)
    while True:
        try:
            with transaction.atomic():
                return Submission.objects.create(
                    key=key,
                    reference=_new_reference(),
                    form=form,
                    payload=payload,
                    digest=digest,
                    repeats=earlier if earlier and earlier.key != key else None,
                    address=address,
                )
        except IntegrityError:
            if found := Submission.objects.filter(key=key).first():
                return found if found.digest == digest else record(form=form, data=data, address=address)


def settle(submission: Submission) -> EnquiryForm | None:
    """Turn a recorded post into a lead, or return the form with its errors.

    Safe to call again at any time and by two processes at once: one key makes one lead.
    """
    form = FORMS[submission.form](typed(submission))
    if not form.is_valid() and not form["website"].value():
        Submission.objects.filter(pk=submission.pk, outcome=Submission.Outcome.RECEIVED).update(
            outcome=Submission.Outcome.REJECTED
        )
        return form
    with transaction.atomic():
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        if locked.outcome not in {Submission.Outcome.RECEIVED, Submission.Outcome.REJECTED}:
            return None
        if form["website"].value():
            locked.outcome = Submission.Outcome.SPAM
        elif lead := _same_enquiry(locked, form.cleaned_data["email"]):
            _note_repeat(lead, form.cleaned_data)
            locked.lead, locked.outcome = lead, Submission.Outcome.REPEATED
        else:
            locked.lead = _make_lead(locked, form.cleaned_data)
            locked.outcome = Submission.Outcome.LEAD
        locked.save(update_fields=["lead", "outcome"])
    log.info("submission_settled", reference=locked.reference, outcome=locked.outcome)
    return None


def settle_left_over() -> int:
    """Settle posts whose request died between recording and settling; return how many."""
    left_over = Submission.objects.filter(
        outcome=Submission.Outcome.RECEIVED, received_at__lt=timezone.now() - UNSETTLED_AFTER
    )[:100]
    count = 0
    for submission in left_over:
        settle(submission)
        count += 1
    return count


def typed(submission: Submission) -> MultiValueDict:
    """Return the fields of a submission as they were typed."""
    return MultiValueDict(json.loads(submission.payload))


def answer_promised_by(submission: Submission) -> datetime:
    """Return when someone will have answered, by working hours and holidays."""
    if submission.lead:
        return submission.lead.answer_due_at
    institute = _institute()
    return institute.calendar().add_hours(submission.received_at, institute.answer_within_hours)


def _payload(data: QueryDict) -> str:
    return json.dumps({name: data.getlist(name) for name in sorted(data) if name not in _NOT_CONTENT})


def _digest(payload: str) -> str:
    return hashlib.sha256(payload.encode()).hexdigest()


def _posted_key(data: QueryDict) -> UUID | None:
    try:
        return UUID(data.get("key", ""))
    except ValueError:
        return None


def _new_reference() -> str:
    letters = "".join(secrets.choice(_REFERENCE_LETTERS) for _ in range(6))
    return f"ENQ-{letters[:4]}-{letters[4:]}"


def _institute() -> InstituteSettings:
    return InstituteSettings.for_site(Site.objects.get(is_default_site=True))


def _same_enquiry(submission: Submission, email: str) -> Lead | None:
    """Return the lead of the earlier post under the same key, if it is the same person's."""
    lead = submission.repeats.lead if submission.repeats else None
    if lead and lead.person.contact_points.filter(kind=ContactPoint.Kind.EMAIL, value=email.lower()).exists():
        return lead
    return None


def _note_repeat(lead: Lead, answers: dict) -> None:
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.REPEATED, text=answers["message"])


def _make_lead(submission: Submission, answers: dict) -> Lead:
    institute = _institute()
    now = timezone.now()
    person = Person.objects.create(name=answers["name"])
    points = [
        ContactPoint(
            person=person,
            kind=ContactPoint.Kind.EMAIL,
            value=answers["email"].lower(),
            as_typed=answers["email"],
        )
    ]
    if number := parse_phone(answers["phone"]):
        points.append(
            ContactPoint(person=person, kind=ContactPoint.Kind.PHONE, value=number, as_typed=answers["phone"])
        )
    ContactPoint.objects.bulk_create(points)
    lead = Lead.objects.create(
        person=person,
        reference=submission.reference,
        interest=INTERESTS[Submission.Form(submission.form)],
        course=answers["course"],
        contact_by=answers["contact_by"],
        best_time=answers["best_time"],
        message=answers["message"],
        details={
            name: answers[name] for name in PlacementForm.DETAIL_FIELDS if answers.get(name) not in (None, "")
        },
        answer_due_at=institute.calendar().add_hours(now, institute.answer_within_hours),
        created_at=now,
    )
    events = [LeadEvent(lead=lead, kind=LeadEvent.Kind.ENQUIRY, text=answers["message"])]
    if answers["consent_news"]:
        Consent.objects.create(
            person=person,
            purpose=Consent.Purpose.NEWS,
            granted=True,
            notice_version=NOTICE_VERSION,
            language=translation.get_language(),
            submission=submission,
        )
    message = _acknowledge(submission, lead, institute, answers["email"])
    events.append(LeadEvent(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message))
    LeadEvent.objects.bulk_create(events)
    return lead


def _acknowledge(submission: Submission, lead: Lead, institute: InstituteSettings, email: str) -> Message:
    mail = render_mail("acknowledgement", {"lead": lead, "institute": institute})
    return enqueue(
        key=f"enquiry:{submission.key}:acknowledgement",
        to=email,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        purpose=Message.Purpose.ACKNOWLEDGEMENT,
        reply_to=institute.email,
    )
