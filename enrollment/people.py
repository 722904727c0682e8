"""Who is known already, and what a further enquiry adds to their record.

Two people are made one by nothing but a person's decision (enrollment.merging). What happens here
is only that a post finds the record that certainly is the sender's own.

Whoever locks leads and people locks the leads first, each in the order of their keys, as every
service of the desk starts from a lead.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from courses.models import CoursePage
from enrollment.consents import PRESENT
from enrollment.desk import plan_next_action
from enrollment.followups.stopping import Why, stop_runs_of
from enrollment.forms import PlacementForm
from enrollment.models import Consent, ContactPoint, Lead, LeadEvent, Person, Submission
from enrollment.origins import notice_of, writer_of
from enrollment.phones import parse_phone

ADDED_TO = [
    "contact_by", "best_time", "course", "message", "details", "owner", "attribution", "answered_at"
]  # fmt: skip
LOCK_TRIES = 3
"""How often a person is looked for again who was merged away while the lock was waited for."""
FIRST_ACCENT, LAST_ACCENT = "\u0300", "\u036f"
"""Accents of Latin, Greek and Cyrillic; signs of other scripts are letters, without which names differ."""


def fold_name(name: str) -> str:
    """Return what spellings of one name have in common: case, spaces and accents don't count."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not FIRST_ACCENT <= letter <= LAST_ACCENT)
    return " ".join(plain.split())


def find_known(*, account: User | None, email: str, name: str) -> Person | None:
    """Return the person who certainly is the sender, or None; locked with their leads until commit.

    Certain is the person of the account that was signed in, unless neither name nor address is
    theirs, or one with the same e-mail address and the same name. Restricted people are not found.
    One query for an unknown sender, up to seven for a known one.
    """
    for _attempt in range(LOCK_TRIES):
        person = _certain(account=account, email=email, name=name)
        if person is None:
            return None
        list(Lead.objects.select_for_update(of=["self"], no_key=True).filter(person=person).order_by("pk"))
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if _certain(account=account, email=email, name=name) == person:
            return person
    return None


def fitting_lead(*, person: Person, interest: str, course: CoursePage | None) -> Lead | None:
    """Return the person's open lead that the same wish belongs to; one query.

    Same interest and course, or one of the two without a course; the same course goes first, then
    the newest.
    """
    leads = (
        Lead.objects.open()
        .filter(person=person, interest=interest)
        .select_related("person", "course", "owner")
    )
    if course:
        leads = leads.filter(Q(course=course) | Q(course=None)).order_by(
            F("course").asc(nulls_last=True), "-created_at", "-pk"
        )
    return leads.first()


def add_contact_points(person: Person, *, email: str, phone: str) -> None:
    """Keep new addresses and numbers, and have the person compared with others again."""
    points = []
    if email:
        points.append(
            ContactPoint(person=person, kind=ContactPoint.Kind.EMAIL, value=email.lower(), as_typed=email)
        )
    if number := parse_phone(phone):
        points.append(ContactPoint(person=person, kind=ContactPoint.Kind.PHONE, value=number, as_typed=phone))
    known = set(person.contact_points.values_list("kind", "value"))
    if new := [point for point in points if (point.kind, point.value) not in known]:
        ContactPoint.objects.bulk_create(new, ignore_conflicts=True)
        Person.objects.filter(pk=person.pk).update(compared_at=None)


def note_news_consent(person: Person, submission: Submission, *, granted: bool) -> None:
    """Write down whether the sender wants course news, when that is new."""
    latest = person.consents.filter(purpose=Consent.Purpose.NEWS).order_by("-created_at", "-pk").first()
    if granted == (latest is not None and latest.granted):
        return
    Consent.objects.create(
        person=person,
        purpose=Consent.Purpose.NEWS,
        granted=granted,
        notice_version=notice_of(submission, PRESENT),
        language=translation.get_language(),
        submission=submission,
        actor=writer_of(submission),
    )


def add_enquiry(
    *, lead: Lead, submission: Submission, answers: dict, said: dict[str, str], answer_by: datetime
) -> None:
    """Add a further enquiry of a known person to their open lead; the caller holds the locks.

    Everything said goes on the timeline. New addresses, the course, the wished way and time of an
    answer and answers that were empty are filled in; a box that isn't ticked takes no consent back.
    What staff wrote down in a talk is answered. Follow-ups stop, as by any answer.
    """
    add_contact_points(lead.person, email=answers["email"], phone=answers["phone"])
    lead.contact_by = answers["contact_by"] or lead.contact_by
    lead.best_time = answers["best_time"] or lead.best_time
    lead.course = lead.course or answers["course"]
    lead.message = lead.message or answers["message"]
    lead.details |= placement_answers(answers)
    lead.owner = lead.owner or answers.get("owner")
    if touches := submission.attribution:
        lead.attribution = {**touches, **(lead.attribution or {}), "last": touches["last"]}
    was_answered, talked = lead.answered_at is not None, answers.get("talked", False)
    if talked and not was_answered:
        lead.answered_at = timezone.now()
    lead.save(update_fields=ADDED_TO)
    if answers["consent_news"]:
        note_news_consent(lead.person, submission, granted=True)
    text = "\n".join(f"{label}: {value}" for label, value in said.items() if value)
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.ANOTHER, text=text, actor=writer_of(submission))
    stop_runs_of([lead.person_id], Why.REPLY, detail=_("they wrote again"))
    if was_answered and not talked:
        _plan_answer(lead, by=answer_by)


def link_earlier_leads(lead: Lead) -> None:
    """Say on a known person's new lead which ones came before, and on the newest of those that they asked.

    Follow-ups on the earlier leads stop, as by any answer.
    """
    earlier = list(
        Lead.objects.filter(person=lead.person_id)
        .exclude(pk=lead.pk)
        .select_related("stage")
        .order_by("-created_at", "-pk")
    )
    if not earlier:
        return
    lines = (f"{other.reference} ({other.stage.name})" for other in earlier)
    text = _("Known already: %(leads)s") % {"leads": ", ".join(lines)}
    asked = _("Asked again: %(reference)s") % {"reference": lead.reference}
    LeadEvent.objects.bulk_create(
        [
            LeadEvent(lead=lead, kind=LeadEvent.Kind.ANOTHER, text=text),
            LeadEvent(lead=earlier[0], kind=LeadEvent.Kind.ANOTHER, text=asked),
        ]
    )
    stop_runs_of([lead.person_id], Why.REPLY, detail=_("they wrote again"))


def placement_answers(answers: dict) -> dict:
    """Return the answers of the placement form that were given."""
    return {
        name: answers[name] for name in PlacementForm.DETAIL_FIELDS if answers.get(name) not in (None, "")
    }


def _certain(*, account: User | None, email: str, name: str) -> Person | None:
    if account and (own := Person.objects.filter(user=account, restricted_at=None).first()):
        addresses = {account.email.lower(), *_emails(own)}
        if email.lower() in addresses or fold_name(name) == fold_name(own.name):
            return own
    if not email:
        return None
    same_address = Person.objects.filter(
        Exists(Lead.objects.filter(person=OuterRef("pk"))),
        contact_points__kind=ContactPoint.Kind.EMAIL,
        contact_points__value=email.lower(),
        restricted_at=None,
    )
    return _oldest_named(fold_name(name), same_address.order_by(F("user").asc(nulls_last=True), "pk"))


def _oldest_named(folded: str, people: Iterable[Person]) -> Person | None:
    return next((person for person in people if fold_name(person.name) == folded), None)


def _emails(person: Person) -> list[str]:
    points = person.contact_points.filter(kind=ContactPoint.Kind.EMAIL)
    return list(points.values_list("value", flat=True))


def _plan_answer(lead: Lead, *, by: datetime) -> None:
    """Start the clock again for a lead that was answered, unless something is planned before that anyway.

    A later plan gives way; the timeline says what it was.
    """
    if lead.next_action_at and lead.next_action_at <= by:
        return
    if lead.next_action:
        at = lead.next_action_at
        when = date_format(wall_clock.local(at), ", D j M, H:i") if at else ""
        text = _("Planned before: %(action)s") % {"action": f"{lead.next_action}{when}"}
        LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.PLAN, text=text)
    plan_next_action(lead=lead, action=_("Answer the new enquiry"), at=by, actor=None)
