"""Waiting places of people who are signed in: found by account or proven address, joined in one press."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from allauth.account.models import EmailAddress
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from courses.models import Cohort
from enrollment import intake
from enrollment.errors import EnrolledAlready, SeatsLeft
from enrollment.models import ContactPoint, Enrollment, Lead, Submission, WaitingPlace
from enrollment.models.leads import LeadQuerySet
from enrollment.offers import offer_token
from enrollment.waiting import join


def own_place(user: User, cohort: Cohort) -> WaitingPlace | None:
    """Return the user's newest place on the cohort's list, whatever became of it; one query."""
    places = WaitingPlace.objects.filter(cohort=cohort, lead__in=own_leads(user))
    return places.select_related("cohort__course", "lead").order_by("-pk").first()


@dataclass(frozen=True)
class OwnPlace:
    """A place as its owner sees it: the number in the line, 0 for a seat that is held, and its page."""

    place: WaitingPlace
    position: int
    url: str


def open_places(user: User) -> list[OwnPlace]:
    """Return the offers that the user may accept, and where they wait, one place a group; one query."""
    same_line = WaitingPlace.objects.in_line().order_by().filter(cohort=OuterRef("cohort"))
    earlier = same_line.filter(
        Q(joined_at__lt=OuterRef("joined_at")) | Q(joined_at=OuterRef("joined_at"), pk__lt=OuterRef("pk"))
    )
    ahead = earlier.values("cohort").annotate(count=Count("pk")).values("count")
    upcoming = Cohort.objects.upcoming().filter(course__live=True)
    places = WaitingPlace.objects.open().filter(lead__in=own_leads(user), cohort__in=upcoming)
    found: dict[int, OwnPlace] = {}
    for place in (
        places.annotate(ahead=Coalesce(Subquery(ahead), 0))
        .select_related("cohort__course")
        .order_by("state", "cohort__starts_on", "-pk")
    ):
        if place.is_offered:
            url = reverse("enrollment:offer", kwargs={"token": offer_token(place)})
            found.setdefault(place.cohort_id, OwnPlace(place, 0, url))
        elif place.state == WaitingPlace.State.WAITING:
            url = reverse("enrollment:waiting", kwargs={"cohort": place.cohort_id})
            found.setdefault(place.cohort_id, OwnPlace(place, place.ahead + 1, url))
    return list(found.values())


def own_leads(user: User) -> LeadQuerySet:
    """Return the leads of the user's person, and those that left an address which the user has proven."""
    proven = EmailAddress.objects.filter(user=user, verified=True).values("email")
    points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, value__in=proven)
    return Lead.objects.filter(Q(person__user=user) | Q(person__in=points.values("person")))


def join_as(user: User, cohort: Cohort, *, address: str | None) -> WaitingPlace | None:
    """Put a signed-in person on the list, with an enquiry where they have none open for the course.

    None when the account lacks what an enquiry needs. Raises what `join` raises. Call it outside of
    transactions: the enquiry is kept before anything else happens.
    """
    if has_seat(user, cohort):
        raise EnrolledAlready
    if cohort.seats_left:
        raise SeatsLeft
    lead = own_leads(user).open().filter(course=cohort.course).order_by("-created_at", "-pk").first()
    if lead is None:
        lead = _enquire(user, cohort, address=address)
    return join(lead=lead, cohort=cohort) if lead else None


def has_seat(user: User, cohort: Cohort) -> bool:
    """Whether the user is enrolled in the cohort; one query."""
    return Enrollment.objects.opening().filter(learner=user, cohort=cohort).exists()


def _enquire(user: User, cohort: Cohort, *, address: str | None) -> Lead | None:
    """Write the enquiry that joining is; the same press sent twice makes one."""
    key = uuid5(NAMESPACE_URL, f"waiting:{user.pk}:{cohort.pk}:{wall_clock.today()}")
    answers = {
        "key": str(key),
        "name": user.name,
        "email": user.email,
        "contact_by": Lead.ContactBy.EMAIL.value,
        "course": str(cohort.course_id),
        "message": _("Wants to wait for a seat in the group of %(day)s.")
        % {"day": date_format(cohort.starts_on, "j F Y")},
    }
    post = intake.record(
        form=Submission.Form.ENQUIRY, data=QueryDict(urlencode(answers)), address=address, account=user
    )
    intake.settle(post)
    post.refresh_from_db(fields=["lead"])
    return post.lead
