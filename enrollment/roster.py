"""The counsellors at one moment: who is at work, who has room, and whose turn it is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.calendar import WorkingCalendar
from courses.models import InstituteSettings
from enrollment.access import admissions_workers
from enrollment.models import Counsellor, Lead, Leave


@dataclass
class Seat:
    """One counsellor as the round-robin sees them at one moment."""

    counsellor: Counsellor
    courses: frozenset[int]
    is_active: bool
    is_at_work: bool
    on_leave_until: date | None
    open_leads: int

    @property
    def takes_part(self) -> bool:
        """Whether they get leads at all."""
        return self.is_active and self.counsellor.takes_leads

    @property
    def is_present(self) -> bool:
        """Whether they are at work now and not on leave."""
        return self.is_at_work and self.on_leave_until is None

    @property
    def is_away(self) -> bool:
        """Whether others should take their open leads: they left, were taken out, or are on leave."""
        return not self.takes_part or self.on_leave_until is not None

    @property
    def has_room(self) -> bool:
        """Whether one more lead is within their capacity."""
        return self.counsellor.capacity is None or self.open_leads < self.counsellor.capacity

    def takes(self, course: int | None) -> bool:
        """Whether they work on the course with this key; a lead that names none suits everybody."""
        return course is None or not self.courses or course in self.courses

    @property
    def turn(self) -> tuple[float, int]:
        """Whose turn it is: longest without a new lead first."""
        last = self.counsellor.last_assigned_at
        return (last.timestamp() if last else 0.0, self.counsellor.pk)

    @property
    def state(self) -> str:
        """Whether they can get leads now, in words."""
        if not self.is_active:
            return _("Account switched off, or no longer in admissions")
        if not self.counsellor.takes_leads:
            return _("Takes no new leads")
        if self.on_leave_until:
            return _("On leave until %(day)s") % {"day": date_format(self.on_leave_until, "j M")}
        if not self.is_at_work:
            return _("Not at work now")
        return _("At work") if self.has_room else _("At work, no room")


@dataclass
class Roster:
    """All counsellors at one moment."""

    now: datetime
    seats: list[Seat] = field(default_factory=list)

    def next_for(self, course: int | None, *, among: Iterable[Seat]) -> Seat | None:
        """Return whose turn it is for a lead about this course, or None."""
        fitting = [seat for seat in among if seat.takes(course) and seat.has_room]
        return min(fitting, key=lambda seat: seat.turn, default=None)

    def obstacle(self, course: int | None) -> str:
        """Return why nobody gets leads about this course now, in words, or ""."""
        conditions: list[tuple[Callable[[Seat], bool], str]] = [
            (lambda seat: seat.takes_part, _("No counsellor takes new leads")),
            (lambda seat: seat.takes(course), _("Nobody takes this course")),
            (lambda seat: seat.on_leave_until is None, _("Who takes this course is on leave")),
            (lambda seat: seat.is_at_work, _("Waits for working hours")),
            (lambda seat: seat.has_room, _("Nobody at work has room")),
        ]
        left = self.seats
        for holds, words in conditions:
            left = [seat for seat in left if holds(seat)]
            if not left:
                return words
        return ""


def read_roster(*, lock: bool = False, calendar: WorkingCalendar | None = None) -> Roster:
    """Return all counsellors as they are now; seven queries, four with the institute's calendar.

    `lock` needs a transaction.
    """
    now = timezone.now()
    counsellors = Counsellor.objects.select_related("user").order_by("pk")
    if lock:
        counsellors = counsellors.select_for_update(of=["self"])
    calendar = calendar or InstituteSettings.current().calendar()
    return Roster(now=now, seats=_seats(list(counsellors), now, calendar=calendar))


def _seats(counsellors: Sequence[Counsellor], now: datetime, *, calendar: WorkingCalendar) -> list[Seat]:
    today = now.astimezone(calendar.zone).date()
    users = [counsellor.user_id for counsellor in counsellors]
    active = set(admissions_workers().filter(pk__in=users).values_list("pk", flat=True))
    away = dict(
        Leave.objects.filter(first_day__lte=today, last_day__gte=today)
        .order_by("last_day")
        .values_list("counsellor", "last_day")
    )
    courses: dict[int, set[int]] = {}
    for counsellor, course in Counsellor.courses.through.objects.values_list("counsellor", "coursepage"):
        courses.setdefault(counsellor, set()).add(course)
    counts = open_counts(users)
    return [
        Seat(
            counsellor=counsellor,
            courses=frozenset(courses.get(counsellor.pk, ())),
            is_active=counsellor.user_id in active,
            is_at_work=calendar.with_hours(
                opens_at=counsellor.starts_at or calendar.opens_at,
                closes_at=counsellor.ends_at or calendar.closes_at,
                days_off={int(digit) for digit in counsellor.days_off},
            ).is_open(now),
            on_leave_until=away.get(counsellor.pk),
            open_leads=counts.get(counsellor.user_id, 0),
        )
        for counsellor in counsellors
    ]


def open_counts(owners: Iterable[int]) -> dict[int, int]:
    """Return how many open leads each of these people owns; people without any are left out."""
    counted = Lead.objects.open().filter(owner__in=owners).order_by().values("owner")
    return dict(counted.annotate(count=Count("*")).values_list("owner", "count"))
