"""How much each member of admissions has on their desk."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.access import admissions_workers
from enrollment.admin.filters import end_of_today
from enrollment.admin.now import clock_for, roster_for
from enrollment.models import Lead
from enrollment.roster import Seat


@dataclass(frozen=True)
class Member:
    """One person with what they have open."""

    user: User
    seat: Seat | None
    """None for somebody who isn't set up as a counsellor."""
    works: bool
    """Whether they are active and work leads."""
    open_leads: int
    late: int
    due: int

    @property
    def state(self) -> str:
        """Whether they can get leads now, in words."""
        if self.seat:
            return self.seat.state
        return _("Not in the round-robin") if self.works else _("Account switched off, or left admissions")

    @property
    def capacity(self) -> int | None:
        """How many open leads they take, None without a limit."""
        return self.seat.counsellor.capacity if self.seat else None

    @property
    def full(self) -> int:
        """How much of the capacity is used, in whole per cent up to 100."""
        return min(100, 100 * self.open_leads // self.capacity) if self.capacity else 0

    @property
    def is_away(self) -> bool:
        """Whether somebody else should take their open leads."""
        return self.open_leads > 0 and (not self.works or (self.seat is not None and self.seat.is_away))

    @property
    def leads_url(self) -> str:
        """Their open leads in the list."""
        return f"{reverse('leads:list')}?owner={self.user.pk}&open=true"


def team(request: HttpRequest) -> list[Member]:
    """Return counsellors and everybody else who owns open leads, by name; twelve queries at most."""
    seats = {seat.counsellor.user_id: seat for seat in roster_for(request).seats}
    opened = Lead.objects.open().filter(owner__isnull=False)
    counts = _by_owner(opened.exclude(owner__in=seats))
    counts |= {user: seat.open_leads for user, seat in seats.items()}
    promised = opened.filter(answered_at=None)
    late = _by_owner(promised.filter(answer_due_at__lt=clock_for(request).now))
    due = _by_owner(opened.filter(next_action_at__lte=end_of_today()))
    users = User.objects.filter(pk__in=counts).order_by("first_name", "last_name", "pk")
    working = _keys(admissions_workers().filter(pk__in=counts))
    return [
        Member(
            user=user,
            seat=seats.get(user.pk),
            works=user.pk in working,
            open_leads=counts[user.pk],
            late=late.get(user.pk, 0),
            due=due.get(user.pk, 0),
        )
        for user in users
    ]


def _by_owner(leads: QuerySet[Lead]) -> dict[int, int]:
    counted = leads.order_by().values("owner").annotate(count=Count("*"))
    return dict(counted.values_list("owner", "count"))


def _keys(users: QuerySet[User]) -> set[int]:
    keys: Iterable[int] = users.values_list("pk", flat=True)
    return set(keys)
