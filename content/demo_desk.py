"""The desk of the demo: colleagues, tags, a full cohort with people waiting for it."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role, assign_role
from courses.models import Cohort, CoursePage
from enrollment.models import Counsellor, Enrollment, Lead, LeadTag, Leave, PipelineStage, SavedView
from enrollment.waiting import join

COLLEAGUES = {
    "meera@example.com": "Meera Nambiar",
    "arjun@example.com": "Arjun Rao",
}
"""Counsellors beside the one who can be signed in as; they have no password."""
CAPACITIES = {"admissions@example.com": 30, "meera@example.com": 20, "arjun@example.com": 20}
TAGS = {
    "Instalments": ("part", "fee", "scholarship"),
    "Evening batch": ("evening", "after 7", "night"),
    "Online only": ("online", "connection"),
    "Parent asks": ("daughter", "my son"),
}
"""Tags of the demo, by words of the message."""
FULL_COHORT_SEATS = 3
SHARED_VIEWS = {
    "Placement, not enrolled yet": "interest=placement&stage=new&stage=contacted&stage=qualified",
    "Applied: confirm seats": "stage=applied&ordering=next_action_at",
}


def make_colleagues() -> list[User]:
    """Make the other counsellors where they are missing; returns everybody who takes leads, in order."""
    for email, name in COLLEAGUES.items():
        if not User.objects.filter(email=email).exists():
            assign_role(User.objects.create_user(email, name=name), Role.ADMISSIONS)
    people = list(User.objects.filter(email__in=CAPACITIES).order_by("pk"))
    for person in people:
        Counsellor.objects.get_or_create(user=person, defaults={"capacity": CAPACITIES[person.email]})
    return people


@transaction.atomic
def furnish_desk(course: CoursePage | None) -> bool:
    """Give the desk tags, shared views, leave and a waiting list; False when it has them already."""
    if LeadTag.objects.exists():
        return False
    _tag_leads()
    _share_views()
    _plan_leave()
    if course:
        _fill_cohort(course)
    return True


def _tag_leads() -> None:
    for name, words in TAGS.items():
        tag = LeadTag.objects.create(name=name)
        tag.leads.set(lead for lead in Lead.objects.all() if _mentions(lead.message, words))


def _mentions(message: str, words: Iterable[str]) -> bool:
    return any(word in message.lower() for word in words)


def _share_views() -> None:
    owner = User.objects.filter(is_superuser=True).order_by("pk").first()
    if owner:
        SavedView.objects.bulk_create(
            SavedView(name=name, query=query, owner=owner, is_shared=True)
            for name, query in SHARED_VIEWS.items()
        )


def _plan_leave() -> None:
    counsellor = Counsellor.objects.filter(user__email="arjun@example.com").first()
    if counsellor:
        monday = timezone.localdate() + timedelta(days=7 - timezone.localdate().weekday())
        Leave.objects.create(counsellor=counsellor, first_day=monday, last_day=monday + timedelta(days=4))


def _fill_cohort(course: CoursePage) -> None:
    """Seat the newest learners in a small evening group, and let two people wait for a seat."""
    enrollments = list(
        Enrollment.objects.open()
        .filter(course=course, cohort=None, lead__isnull=False)
        .order_by("-created_at")[:FULL_COHORT_SEATS]
    )
    if len(enrollments) < FULL_COHORT_SEATS:
        return
    cohort = Cohort.objects.create(
        course=course,
        starts_on=timezone.localdate() + timedelta(days=12),
        mode=Cohort.Mode.HYBRID,
        seats=FULL_COHORT_SEATS,
        seats_taken=FULL_COHORT_SEATS,
    )
    Enrollment.objects.filter(pk__in=[row.pk for row in enrollments]).update(
        cohort=cohort, price_agreed=course.price
    )
    waiting = Lead.objects.open().filter(course=course).exclude(stage=PipelineStage.NEW)
    for lead in waiting.order_by("-created_at", "pk")[:2]:
        join(lead=lead, cohort=cohort)
