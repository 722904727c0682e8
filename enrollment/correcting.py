"""Putting a lead's facts right: name, ways to reach the person, what they asked about."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import CoursePage
from enrollment.desk import changed_meanwhile, lock_lead
from enrollment.errors import LastContactPoint, UnknownContactPoint
from enrollment.finding import refresh_search
from enrollment.followups.addressing import readdress
from enrollment.models import ContactPoint, Lead, LeadEvent, Person


@dataclass(frozen=True)
class Facts:
    """What staff may put right about a lead."""

    name: str
    interest: str
    course: CoursePage | None
    contact_by: str
    best_time: str
    language: str = Person.Language.ENGLISH
    time_zone: str = ""

    def said(self) -> dict[str, str]:
        """Return each fact under its label, in words."""
        return {
            _("Name"): self.name,
            _("Interest"): str(dict(Lead.Interest.choices).get(self.interest, self.interest)),
            _("Course"): self.course.title if self.course else _("not chosen"),
            _("Contact by"): str(dict(Lead.ContactBy.choices).get(self.contact_by, "")) or _("not known"),
            _("Best time"): str(dict(Lead.BestTime.choices).get(self.best_time, "")) or _("any"),
            _("Language"): str(dict(Person.Language.choices).get(self.language, self.language)),
            _("Time zone"): self.time_zone or _("the institute's"),
        }


def facts_of(lead: Lead) -> Facts:
    """Return the facts as they are; no query when person and course are loaded."""
    return Facts(
        name=lead.person.name,
        interest=lead.interest,
        course=lead.course,
        contact_by=lead.contact_by,
        best_time=lead.best_time,
        language=lead.person.language,
        time_zone=lead.person.time_zone,
    )


def facts_shown(lead: Lead) -> str:
    """Return the facts in one line, to tell whether they changed."""
    person = lead.person
    wishes = [lead.interest, str(lead.course_id or ""), lead.contact_by, lead.best_time]
    return "|".join([person.name, *wishes, person.language, person.time_zone])


def facts_fields(shown: str) -> dict[str, str]:
    """Return the fields in a line of `facts_shown`; empty for any other text."""
    names = ("person_name", "interest", "course", "contact_by", "best_time", "language", "time_zone")
    parts = shown.rsplit("|", len(names) - 1)
    return dict(zip(names, parts, strict=True)) if len(parts) == len(names) else {}


@transaction.atomic
def correct_facts(*, lead: Lead, facts: Facts, actor: User, shown: str | None = None) -> Lead:
    """Write the facts and what changed of them on the timeline; the same facts again do nothing.

    With `shown`, the facts that the actor saw as `facts_shown` writes them, a change made meanwhile
    raises ChangedMeanwhile.
    """
    lead = lock_lead(lead)
    lead.person = Person.objects.select_for_update(no_key=True).get(pk=lead.person_id)
    before, after = facts_of(lead).said(), facts.said()
    if before == after:
        return lead
    if shown is not None and shown != facts_shown(lead):
        event = lead.events.filter(kind=LeadEvent.Kind.FACTS).first()
        now = event.text.replace("\n", "; ") if event else lead.person.name
        raise changed_meanwhile(lead, kind=LeadEvent.Kind.FACTS, value=now)
    lead.interest, lead.course = facts.interest, facts.course
    lead.contact_by, lead.best_time = facts.contact_by, facts.best_time
    lead.save(update_fields=["interest", "course", "contact_by", "best_time"])
    is_renamed = lead.person.name != facts.name
    lead.person.name = facts.name
    lead.person.language, lead.person.time_zone = facts.language, facts.time_zone
    lead.person.save(update_fields=["name", "language", "time_zone"])
    if is_renamed:
        refresh_search([lead.person_id])
    _note(
        lead,
        "\n".join(
            _("%(label)s: %(before)s to %(after)s")
            % {"label": label, "before": before[label], "after": value}
            for label, value in after.items()
            if before[label] != value
        ),
        actor=actor,
    )
    return lead


@transaction.atomic
def add_contact_point(*, lead: Lead, kind: str, value: str, as_typed: str, actor: User) -> ContactPoint:
    """Add a way to reach the person; one that they have already is left alone."""
    lead = _lock_with_person(lead)
    point, created = ContactPoint.objects.get_or_create(
        person=lead.person, kind=kind, value=value, defaults={"as_typed": as_typed}
    )
    if created:
        _points_changed(lead, _("Added: %(point)s") % {"point": as_typed}, actor=actor)
    return point


@transaction.atomic
def correct_contact_point(
    *, lead: Lead, point: ContactPoint, value: str, as_typed: str, actor: User
) -> ContactPoint:
    """Write an address or number anew; it falls together with one that the person has already.

    Raises UnknownContactPoint when somebody changed or removed it after `point` was read.
    """
    lead = _lock_with_person(lead)
    now = lead.person.contact_points.filter(pk=point.pk, value=point.value).first()
    if now is None:
        raise UnknownContactPoint
    if (now.value, now.as_typed) == (value, as_typed):
        return now
    lead.person.contact_points.filter(kind=now.kind, value=value).exclude(pk=now.pk).delete()
    before, now.value, now.as_typed = now.as_typed, value, as_typed
    now.save(update_fields=["value", "as_typed"])
    said = _("%(before)s to %(after)s") % {"before": before, "after": as_typed}
    _points_changed(lead, said, actor=actor)
    return now


@transaction.atomic
def remove_contact_point(*, lead: Lead, point: ContactPoint, actor: User) -> None:
    """Forget an address or number; the last one stays. Removing it again does nothing.

    Raises LastContactPoint.
    """
    lead = _lock_with_person(lead)
    points = {row.pk: row for row in lead.person.contact_points.all()}
    if point.pk not in points:
        return
    if len(points) == 1:
        raise LastContactPoint
    points[point.pk].delete()
    _points_changed(lead, _("Removed: %(point)s") % {"point": point.as_typed}, actor=actor)


def _lock_with_person(lead: Lead) -> Lead:
    """Lock the lead and its person, since another lead of theirs may be worked at the same time."""
    lead = lock_lead(lead)
    lead.person = Person.objects.select_for_update(no_key=True).get(pk=lead.person_id)
    return lead


def _points_changed(lead: Lead, text: str, *, actor: User) -> None:
    """Note it, find the lead by the new address, and have the person compared with others again.

    Follow-ups that wait leave for the address that the person has now.
    """
    _note(lead, text, actor=actor)
    lead.person.compared_at = None
    lead.person.save(update_fields=["compared_at"])
    readdress([lead.person_id])
    refresh_search([lead.person_id])


def _note(lead: Lead, text: str, *, actor: User) -> None:
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.FACTS, text=text, actor=actor)
