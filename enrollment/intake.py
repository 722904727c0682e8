"""From a form post to a lead: kept first, checked second, made into records in one transaction."""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from courses.models import InstituteSettings
from enrollment.finding import refresh_search
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
SWEEP_SIZE = 1000

SETTLED = {Submission.Outcome.LEAD, Submission.Outcome.REPEATED, Submission.Outcome.SPAM}
"""Outcomes that nothing changes any more."""
RECORD_TRIES = 5

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


def fingerprint(data: QueryDict) -> str:
    """Return what copies of one post, and no others, have in common; "" for one without a key."""
    key = _posted_key(data)
    return f"{key}:{_digest(_payload(data))}" if key else ""


def record(*, form: str, data: QueryDict, address: str | None) -> Submission:
    """Commit a post as it came, before anything is checked.

    The same key with the same content is the same submission. The same key with other content (a
    corrected form, or a cached page used by two people) is kept beside the first one. A key or a
    reference that was taken at the same moment is tried again, RECORD_TRIES times in all.
    """
    payload = _payload(data)
    digest = _digest(payload)
    posted_key = _posted_key(data) or uuid4()
    for tries_left in reversed(range(RECORD_TRIES)):
        earlier = Submission.objects.filter(key=posted_key).first()
        other = earlier if earlier and earlier.digest != digest else None
        key = uuid5(posted_key, digest) if other else posted_key
        if found := Submission.objects.filter(key=key, digest=digest).first():
            return found
        try:
            with transaction.atomic(durable=True):
                return Submission.objects.create(
                    key=key,
                    reference=_new_reference(),
                    form=form,
                    payload=payload,
                    digest=digest,
                    repeats=other,
                    address=address,
                )
        except IntegrityError:
            if not tries_left:
                raise
    raise AssertionError


def settle(submission: Submission) -> EnquiryForm | None:
    """Turn a recorded post into a lead, or return the form with its errors.

    Safe to call again at any time and by two processes at once: one key makes one lead. What is
    settled stays settled, also when its course can't be chosen any more.
    """
    if submission.outcome in SETTLED:
        return None
    form = FORMS[submission.form](typed(submission))
    if not form.is_valid() and not form["website"].value():
        Submission.objects.filter(pk=submission.pk, outcome=Submission.Outcome.RECEIVED).update(
            outcome=Submission.Outcome.REJECTED
        )
        return form
    with transaction.atomic():
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        if locked.outcome in SETTLED:
            return None
        if form["website"].value():
            locked.outcome = Submission.Outcome.SPAM
        elif lead := _same_enquiry(locked, form.cleaned_data["email"]):
            _note_repeat(lead, locked, form)
            locked.lead, locked.outcome = lead, Submission.Outcome.REPEATED
        else:
            locked.lead = _make_lead(locked, form.cleaned_data)
            locked.outcome = Submission.Outcome.LEAD
        locked.save(update_fields=["lead", "outcome"])
        if locked.lead:
            refresh_search([locked.lead.person_id])
    log.info("submission_settled", reference=locked.reference, outcome=locked.outcome)
    return None


def settle_left_over() -> int:
    """Settle posts whose request died between recording and settling, the oldest first; return how many.

    One that can't be settled is logged with its reference and doesn't hold up the others.
    """
    left_over = Submission.objects.filter(
        outcome=Submission.Outcome.RECEIVED, received_at__lt=timezone.now() - UNSETTLED_AFTER
    ).order_by("received_at", "pk")
    count = 0
    for submission in left_over[:SWEEP_SIZE]:
        try:
            refused = settle(submission)
        except Exception:
            log.exception("submission_not_settled", reference=submission.reference)
            continue
        if refused:
            log.warning("left_over_submission_invalid", reference=submission.reference)
        else:
            count += 1
    return count


def reference_for(submission: Submission) -> str:
    """Return the reference to tell the sender: the lead's, also for a post that added to it; one query."""
    lead = Lead.objects.filter(submissions=submission).only("reference").first()
    return lead.reference if lead else submission.reference


def newest_of(submission: Submission) -> Submission:
    """Return the last post that belongs to the same lead; the submission itself if it made none."""
    if submission.lead is None:
        return submission
    return submission.lead.submissions.latest("received_at", "pk")


def typed(submission: Submission) -> MultiValueDict:
    """Return the fields of a submission as they were typed."""
    return MultiValueDict(json.loads(submission.payload))


def answer_promised_by(submission: Submission) -> datetime:
    """Return when someone will have answered, by working hours and holidays."""
    if submission.lead:
        return submission.lead.answer_due_at
    institute = InstituteSettings.current()
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


def _same_enquiry(submission: Submission, email: str) -> Lead | None:
    """Return the lead that another post under the same key made, if it is the same person's."""
    if submission.repeats_id is None:
        return None
    same_key = Submission.objects.filter(Q(pk=submission.repeats_id) | Q(repeats=submission.repeats_id))
    return Lead.objects.filter(
        pk__in=same_key.values("lead"),
        person__contact_points__kind=ContactPoint.Kind.EMAIL,
        person__contact_points__value=email.lower(),
    ).first()


def _note_repeat(lead: Lead, submission: Submission, form: EnquiryForm) -> None:
    """Keep everything that was corrected: numbers, the course, consent, and each answer on the timeline."""
    answers = form.cleaned_data
    before = lead.submissions.exclude(pk=submission.pk).order_by("-received_at", "-pk").first()
    said_before = FORMS[before.form](typed(before)).said() if before else {}
    changed = {label: said for label, said in form.said().items() if said_before.get(label) != said}
    ContactPoint.objects.bulk_create(_contact_points(lead.person, answers), ignore_conflicts=True)
    if answers["course"] and lead.course is None:
        lead.course = answers["course"]
        lead.save(update_fields=["course"])
    latest = lead.person.consents.filter(purpose=Consent.Purpose.NEWS).order_by("-created_at", "-pk").first()
    if answers["consent_news"] != (latest is not None and latest.granted):
        _note_consent(lead.person, submission, granted=answers["consent_news"])
    LeadEvent.objects.create(
        lead=lead,
        kind=LeadEvent.Kind.REPEATED,
        text="\n".join(f"{label}: {said or _('left empty')}" for label, said in changed.items()),
    )


def _make_lead(submission: Submission, answers: dict) -> Lead:
    institute = InstituteSettings.current()
    now = timezone.now()
    person = Person.objects.create(name=answers["name"])
    ContactPoint.objects.bulk_create(_contact_points(person, answers))
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
        _note_consent(person, submission, granted=True)
    message = _acknowledge(submission, lead, institute, answers["email"])
    events.append(LeadEvent(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message))
    LeadEvent.objects.bulk_create(events)
    return lead


def _contact_points(person: Person, answers: dict) -> list[ContactPoint]:
    typed_email, typed_phone = answers["email"], answers["phone"]
    points = [
        ContactPoint(
            person=person, kind=ContactPoint.Kind.EMAIL, value=typed_email.lower(), as_typed=typed_email
        )
    ]
    if number := parse_phone(typed_phone):
        points.append(
            ContactPoint(person=person, kind=ContactPoint.Kind.PHONE, value=number, as_typed=typed_phone)
        )
    return points


def _note_consent(person: Person, submission: Submission, *, granted: bool) -> None:
    Consent.objects.create(
        person=person,
        purpose=Consent.Purpose.NEWS,
        granted=granted,
        notice_version=NOTICE_VERSION,
        language=translation.get_language(),
        submission=submission,
    )


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
