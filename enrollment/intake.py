"""From a form post to a lead: kept first, checked second, made into records in one transaction."""

import json
from datetime import datetime, timedelta
from uuid import uuid4, uuid5

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import InstituteSettings
from enrollment import people
from enrollment.acknowledging import acknowledge
from enrollment.desk import lock_lead
from enrollment.elsewhere import ApiForm, DeskForm
from enrollment.finding import refresh_search
from enrollment.forms import EnquiryForm, PlacementForm
from enrollment.models import CaptureSource, ContactPoint, Lead, LeadEvent, Person, Submission
from enrollment.origins import lead_origin, note_guardian, writer_of
from enrollment.posts import digest_of, payload_of, posted_key
from enrollment.references import new_reference as _new_reference

FORMS: dict[str, type[EnquiryForm]] = {
    Submission.Form.ENQUIRY: EnquiryForm,
    Submission.Form.PLACEMENT: PlacementForm,
    Submission.Form.API: ApiForm,
    Submission.Form.DESK: DeskForm,
}
INTERESTS = {
    Submission.Form.ENQUIRY: Lead.Interest.CONTACT,
    Submission.Form.PLACEMENT: Lead.Interest.PLACEMENT,
}
"""What a form is about by itself; the forms of enquiries from elsewhere ask."""
SENT_BY_THEMSELVES = {Submission.Form.ENQUIRY, Submission.Form.PLACEMENT}
"""Forms whose signed-in account is the sender's own."""
UNSETTLED_AFTER = timedelta(minutes=2)
"""A post that is only recorded after this time was cut off and is settled by the sweep."""
SWEEP_SIZE = 1000

SETTLED = {Submission.Outcome.LEAD, Submission.Outcome.REPEATED, Submission.Outcome.SPAM}
"""Outcomes that nothing changes any more."""
RECORD_TRIES = 5

log = structlog.get_logger(__name__)


def record(
    *,
    form: str,
    data: QueryDict,
    address: str | None,
    account: User | None = None,
    capture_source: CaptureSource | None = None,
    attribution: dict[str, dict[str, str]] | None = None,
) -> Submission:
    """Commit a post as it came, before anything is checked.

    The same key with the same content is the same submission. The same key with other content (a
    corrected form, or a cached page used by two people) is kept beside the first one. A key or a
    reference that was taken at the same moment is tried again, RECORD_TRIES times in all.
    """
    payload = payload_of(data)
    digest = digest_of(payload)
    first_key = posted_key(data) or uuid4()
    for tries_left in reversed(range(RECORD_TRIES)):
        earlier = Submission.objects.filter(key=first_key).first()
        other = earlier if earlier and earlier.digest != digest else None
        key = uuid5(first_key, digest) if other else first_key
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
                    account=account,
                    capture_source=capture_source,
                    attribution=attribution,
                    address=address,
                )
        except IntegrityError:
            if not tries_left:
                raise
    raise AssertionError


def settle(submission: Submission) -> EnquiryForm | None:
    """Turn a recorded post into a lead, or return the form with its errors.

    Safe to call again at any time and by two processes at once: one key makes one lead. What is
    settled stays settled, also when its course can't be chosen any more. Only who settles it finds the
    outcome on the submission that they gave.
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
            locked.save(update_fields=["outcome"])
        else:
            _take(locked, form)
    submission.outcome = locked.outcome
    log.info("submission_settled", reference=locked.reference, outcome=locked.outcome)
    return None


@transaction.atomic
def settle_by_hand(*, submission: Submission, form: EnquiryForm, actor: User) -> Lead:
    """Make a lead of a post that was taken for spam or refused, with the answers of a valid form.

    Says on the timeline who did it. What has a lead already stays as it is.
    """
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    if locked.lead_id is None:
        before = locked.get_outcome_display()
        lead = _take(locked, form)
        text = _("Taken by hand, was: %(outcome)s") % {"outcome": before}
        LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.NOTE, text=text, actor=actor)
        log.info("submission_taken_by_hand", reference=locked.reference, outcome=locked.outcome)
    return Lead.everything.get(submissions=locked)


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


def find_referred(reference: str) -> Submission | None:
    """Return the post with this reference, or the newest of the lead with it; refused ones don't count."""
    posts = Submission.objects.select_related("lead").exclude(outcome=Submission.Outcome.REJECTED)
    of_lead = posts.filter(lead__reference=reference).order_by("-received_at", "-pk")
    return posts.filter(reference=reference).first() or of_lead.first()


def own_post(referred: Submission, *, sent: str | None) -> Submission | None:
    """Return the post with the reference `sent` if it is the referred one or of the same lead."""
    same = Q(pk=referred.pk) | Q(lead__isnull=False, lead=referred.lead_id)
    return Submission.objects.select_related("lead").filter(same, reference=sent).first() if sent else None


def typed(submission: Submission) -> MultiValueDict:
    """Return the fields of a submission as they were typed."""
    return MultiValueDict(json.loads(submission.payload))


def answer_promised_by(submission: Submission) -> datetime:
    """Return when someone will have answered, by working hours and holidays.

    A further enquiry to a lead that was answered already has a promise of its own.
    """
    lead = submission.lead
    if lead and (lead.answered_at is None or submission.outcome == Submission.Outcome.LEAD):
        return lead.answer_due_at
    return _promise(submission.received_at)


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
    lead = lock_lead(lead)
    answers = form.cleaned_data
    before = lead.submissions.exclude(pk=submission.pk).order_by("-received_at", "-pk").first()
    said_before = FORMS[before.form](typed(before)).said() if before else {}
    changed = {label: said for label, said in form.said().items() if said_before.get(label) != said}
    people.add_contact_points(lead.person, email=answers["email"], phone=answers["phone"])
    if answers["course"] and lead.course_id is None:
        lead.course = answers["course"]
        lead.save(update_fields=["course"])
    people.note_news_consent(lead.person, submission, granted=answers["consent_news"])
    LeadEvent.objects.create(
        lead=lead,
        kind=LeadEvent.Kind.REPEATED,
        text="\n".join(f"{label}: {said or _('left empty')}" for label, said in changed.items()),
    )


def _take(submission: Submission, form: EnquiryForm) -> Lead:
    """Give a valid post its lead: the one that it corrects, that a known person has, or a new one."""
    if lead := _same_enquiry(submission, form.cleaned_data["email"]):
        _note_repeat(lead, submission, form)
        submission.outcome = Submission.Outcome.REPEATED
    else:
        lead = _admit(submission, form)
    submission.lead = lead
    # The lead must know the submission before its search text is made of both.
    submission.save(update_fields=["lead", "outcome"])
    note_guardian(lead.person, form.cleaned_data)
    refresh_search([lead.person_id])
    return lead


def _admit(submission: Submission, form: EnquiryForm) -> Lead:
    """Add the enquiry to the open lead of a known person that it fits, or make a lead of it."""
    answers = form.cleaned_data
    account = submission.account if submission.form in SENT_BY_THEMSELVES else None
    _wait_for_others_from(answers["email"])
    person = people.find_known(account=account, email=answers["email"], name=answers["name"])
    interest = _interest(submission, answers)
    course = answers["course"]
    lead = people.fitting_lead(person=person, interest=interest, course=course) if person else None
    if lead is None:
        submission.outcome = Submission.Outcome.LEAD
        return _make_lead(submission, answers, person=person)
    answer_by = _promise(timezone.now()) if lead.answered_at else lead.answer_due_at
    people.add_enquiry(
        lead=lead, submission=submission, answers=answers, said=form.said(), answer_by=answer_by
    )
    acknowledge(submission, lead, answers=answers, answer_by=answer_by)
    submission.outcome = Submission.Outcome.REPEATED
    return lead


def _wait_for_others_from(email: str) -> None:
    """Let posts from one address go one after the other until commit, so that two first ones make one person.

    There is no row to lock yet: PostgreSQL locks the address itself. SQLite has one writer anyway.
    """
    if email and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [email.lower()])


def _make_lead(submission: Submission, answers: dict, *, person: Person | None) -> Lead:
    now = timezone.now()
    is_known = person is not None
    person = person or Person.objects.create(name=answers["name"])
    if (language := answers.get("language")) and language != Person.Language.ENGLISH:
        person.language = language
        person.save(update_fields=["language"])
    people.add_contact_points(person, email=answers["email"], phone=answers["phone"])
    lead = Lead.objects.create(
        person=person,
        reference=submission.reference,
        interest=_interest(submission, answers),
        course=answers["course"],
        contact_by=answers["contact_by"],
        best_time=answers["best_time"],
        message=answers["message"],
        details=people.placement_answers(answers),
        answer_due_at=_promise(now),
        created_at=now,
        **lead_origin(submission, answers, asked_at=now),
    )
    LeadEvent.objects.create(
        lead=lead, kind=LeadEvent.Kind.ENQUIRY, text=answers["message"], actor=writer_of(submission)
    )
    if lead.owner:
        text = _("%(before)s to %(after)s") % {"before": _("Nobody"), "after": lead.owner}
        LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.OWNER, text=text, actor=writer_of(submission))
    if is_known:
        people.link_earlier_leads(lead)
    if answers["consent_news"]:
        people.note_news_consent(person, submission, granted=True)
    acknowledge(submission, lead, answers=answers, answer_by=lead.answer_due_at)
    return lead


def _interest(submission: Submission, answers: dict) -> str:
    return answers.get("interest") or INTERESTS[Submission.Form(submission.form)]


def _promise(asked_at: datetime) -> datetime:
    """Return when an enquiry of that time will have been answered."""
    institute = InstituteSettings.current()
    return institute.calendar().add_hours(asked_at, institute.answer_within_hours)
