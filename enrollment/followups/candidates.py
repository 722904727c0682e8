"""What makes leads enter: for each trigger what happened in a stretch of time, the oldest first.

Only what happened is looked for here, so that a past month can be gone through as well; whether it still
holds is asked when somebody enters. Consent is that of today.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import batched
from operator import attrgetter

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from courses import wall_clock
from courses.models import Cohort
from enrollment.models import Consent, Enrollment, Lead, LeadImport, Sequence, StageChange, WaitingPlace
from lessons.models import Progress

CHUNK = 500

Trigger = Sequence.Trigger


@dataclass(frozen=True)
class Entry:
    """Something that makes a lead enter, and when it happened."""

    lead: Lead
    entry_key: str
    """The same for the same happening, whenever it is found."""
    at: datetime
    enrollment: Enrollment | None = None
    cohort: Cohort | None = None


def candidates(sequence: Sequence, *, since: datetime, until: datetime) -> Iterator[Entry]:
    """Return what happened after `since` and up to `until` that lets somebody enter, the oldest first."""
    return _FOUND_BY[sequence.trigger](sequence, since, until)


def _asked(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    """Leads that asked, and those that a file brought in, unless it says that they asked before."""
    leads = _wanted(sequence).select_related(*OF_LEADS)
    if sequence.course_id:
        leads = leads.filter(course=sequence.course_id)
    alone = leads.filter(lead_import=None, created_at__gt=since, created_at__lte=until)
    return merge(
        (_entry(sequence, lead, f"lead:{lead.pk}", lead.created_at) for lead in _by(alone, "created_at")),
        _brought(sequence, leads, since, until),
        key=attrgetter("at"),
    )


def _brought(sequence: Sequence, leads: QuerySet[Lead], since: datetime, until: datetime) -> Iterator[Entry]:
    imports = LeadImport.objects.filter(state=LeadImport.State.DONE)
    for done in imports.filter(finished_at__gt=since, finished_at__lte=until).order_by("finished_at", "pk"):
        brought = leads.filter(lead_import=done, created_at__gte=done.created_at)
        for lead in _by(brought, "pk"):
            yield _entry(sequence, lead, f"lead:{lead.pk}", done.finished_at or until)


def _came_into_stage(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    """Leads that were moved into the stage; not those that a file put there."""
    moves = StageChange.objects.filter(
        Q(lead__lead_import=None) | Q(lead__lead_import__finished_at__lt=F("created_at")),
        Exists(_wanted(sequence).filter(pk=OuterRef("lead"))),
        after=sequence.stage_id,
        created_at__gt=since,
        created_at__lte=until,
    )
    if sequence.course_id:
        moves = moves.filter(lead__course=sequence.course_id)
    for move in _by(moves.select_related(*_under("lead")), "created_at"):
        yield _entry(sequence, move.lead, f"stage:{move.pk}", move.created_at)


def _joined_waiting_list(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    places = WaitingPlace.objects.filter(
        Exists(_wanted(sequence).filter(pk=OuterRef("lead"))), joined_at__gt=since, joined_at__lte=until
    )
    if sequence.course_id:
        places = places.filter(cohort__course=sequence.course_id)
    for place in _by(places.select_related(*_under("lead"), "cohort__course"), "joined_at"):
        yield _entry(sequence, place.lead, f"waiting:{place.pk}", place.joined_at, cohort=place.cohort)


def _was_enrolled(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    enrolled = _learning(sequence).filter(created_at__gt=since, created_at__lte=until)
    rows = _by(enrolled, "created_at")
    for enrollment, lead in _with_leads(rows):
        key = f"enrolled:{enrollment.pk}"
        yield _entry(sequence, lead, key, enrollment.created_at, enrollment=enrollment)


def _became_inactive(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    """Learners whose last visit, first day or enrolment, the latest of them, is this many days ago.

    Looks at those for whom one of the three lies in the time, and sorts out who was active since.
    """
    days = timedelta(days=sequence.days or 0)
    first, last = since - days, until - days
    visits = Progress.objects.filter(visited_at__gt=first, visited_at__lte=last)
    started = {
        "cohort__starts_on__gte": wall_clock.local(first).date(),
        "cohort__starts_on__lte": wall_clock.local(last).date(),
    }
    of_course = Progress.objects.filter(
        learner=OuterRef("learner"), lesson__path__startswith=OuterRef("course__path")
    )
    learning = _learning(sequence).filter(
        Q(learner__in=visits.values("learner")) | Q(created_at__gt=first, created_at__lte=last) | Q(**started)
    )
    visited = learning.annotate(
        last_visit=Subquery(of_course.order_by("-visited_at").values("visited_at")[:1])
    )
    active = ((_active_at(enrollment), enrollment) for enrollment in visited)
    due = sorted(((at, row.pk, row) for at, row in active if first < at <= last))
    moments = {key: at for at, key, _enrollment in due}
    for enrollment, lead in _with_leads(enrollment for _at, _key, enrollment in due):
        at = moments[enrollment.pk]
        key = f"inactive:{enrollment.pk}:{wall_clock.local(at):%Y-%m-%d}"
        yield _entry(sequence, lead, key, at + days, enrollment=enrollment)


def _group_starts(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    """Learners whose group starts in so many days, or who came into it later than that."""
    days = timedelta(days=sequence.days or 0)
    learning = _learning(sequence).filter(
        cohort__starts_on__gt=wall_clock.local(since).date(),
        cohort__starts_on__lte=wall_clock.local(until).date() + days,
    )
    begun = [
        (max(wall_clock.midnight(row.cohort.starts_on - days), row.created_at), row.pk, row)
        for row in learning
        if row.cohort
    ]
    due = sorted(item for item in begun if since < item[0] <= until)
    moments = {key: at for at, key, _row in due}
    for enrollment, lead in _with_leads(row for _at, _key, row in due):
        key = f"cohort:{enrollment.pk}:{enrollment.cohort_id}"
        at = moments[enrollment.pk]
        yield _entry(sequence, lead, key, at, enrollment=enrollment, cohort=enrollment.cohort)


def _wanted(sequence: Sequence) -> QuerySet[Lead]:
    """Return the leads that a sequence is for, by interest, source and consent."""
    leads = Lead.objects.order_by()
    if sequence.interest:
        leads = leads.filter(interest=sequence.interest)
    if sequence.source:
        leads = leads.filter(source=sequence.source)
    said = Consent.objects.filter(person=OuterRef("person")).order_by("-created_at", "-pk").values("granted")
    if sequence.basis == Sequence.Basis.NEWS:
        news = Subquery(said.filter(purpose=Consent.Purpose.NEWS)[:1])
        return leads.filter(Coalesce(news, Value(False)))
    if sequence.basis == Sequence.Basis.ANSWER:
        answers = Subquery(said.filter(purpose=Consent.Purpose.ENQUIRY)[:1])
        return leads.filter(Coalesce(answers, Value(True)))
    return leads


def _learning(sequence: Sequence) -> QuerySet[Enrollment]:
    """Return the enrolments of these leads; one without a lead counts for the newest one of its person."""
    newest = Lead.objects.filter(person__user=OuterRef("learner")).order_by("-created_at", "-pk")
    enrolled = Enrollment.objects.annotate(worked=Coalesce("lead", Subquery(newest.values("pk")[:1])))
    enrolled = enrolled.filter(Exists(_wanted(sequence).filter(pk=OuterRef("worked"))))
    if sequence.course_id:
        enrolled = enrolled.filter(course=sequence.course_id)
    return enrolled.select_related("learner", "course", "cohort")


OF_LEADS = ("person__user", "owner", "course")


def _under(name: str) -> list[str]:
    return [f"{name}__{relation}" for relation in OF_LEADS]


def _by[Row: Lead | StageChange | WaitingPlace | Enrollment](
    rows: QuerySet[Row], moment: str
) -> Iterator[Row]:
    """Read rows in the order of their moment, some at a time."""
    return rows.order_by(moment, "pk").iterator(chunk_size=CHUNK)


def _with_leads(enrollments: Iterable[Enrollment]) -> Iterator[tuple[Enrollment, Lead]]:
    """Add the lead that is worked for an enrolment; one query for some at a time."""
    for some in batched(enrollments, CHUNK):
        keys = {row.worked for row in some}  # type: ignore[attr-defined]
        leads = Lead.objects.select_related(*OF_LEADS).in_bulk(keys)
        for row in some:
            if lead := leads.get(row.worked):  # type: ignore[attr-defined]
                yield row, lead


def _active_at(enrollment: Enrollment) -> datetime:
    """Return when the learner was last in a lesson or could first have been."""
    moments = [enrollment.created_at]
    if enrollment.cohort:
        moments.append(wall_clock.midnight(enrollment.cohort.starts_on))
    if last := enrollment.last_visit:  # type: ignore[attr-defined]
        moments.append(last)
    return max(moments)


def _entry(
    sequence: Sequence,
    lead: Lead,
    key: str,
    at: datetime,
    *,
    enrollment: Enrollment | None = None,
    cohort: Cohort | None = None,
) -> Entry:
    return Entry(lead=lead, entry_key=f"{sequence.pk}:{key}", at=at, enrollment=enrollment, cohort=cohort)


_FOUND_BY: dict[str, Callable[[Sequence, datetime, datetime], Iterator[Entry]]] = {
    Trigger.ENQUIRY: _asked,
    Trigger.STAGE: _came_into_stage,
    Trigger.WAITING: _joined_waiting_list,
    Trigger.ENROLLED: _was_enrolled,
    Trigger.INACTIVE: _became_inactive,
    Trigger.COHORT: _group_starts,
}
