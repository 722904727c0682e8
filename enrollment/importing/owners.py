"""Who gets imported leads: the one that a row or the import names, nobody, or counsellors in turn."""

from django.db.models import Count

from enrollment.importing.answers import Answers
from enrollment.importing.columns import ROUND_ROBIN
from enrollment.models import Lead, LeadImport
from enrollment.roster import Roster, Seat, read_roster


class OwnerChoice:
    """Names an owner for each lead of one import. Making it costs ten queries at most, choosing none.

    In turn means by course, leave and room; working hours don't count, as nobody waits on the phone,
    and whose turn it is for enquiries of the site stays as it was.
    """

    def __init__(self, job: LeadImport, owner: str) -> None:
        self._fixed = int(owner) if owner.isdigit() else None
        self._in_turn = owner == ROUND_ROBIN
        self._roster = read_roster() if self._in_turn else None
        self._seats = _seats(job, self._roster) if self._roster else []
        self._given: dict[int, int] = {}

    def choose(self, answers: Answers) -> int | None:
        """Return the key of the lead's owner, or None for nobody."""
        if answers.owner or not self._in_turn:
            return answers.owner or self._fixed
        fitting = [seat for seat in self._seats if seat.takes(answers.course) and seat.has_room]
        seat = min(
            fitting, key=lambda seat: (self._given.get(seat.counsellor.pk, 0), seat.turn), default=None
        )
        if seat is None:
            return None
        seat.open_leads += 1
        self._given[seat.counsellor.pk] = self._given.get(seat.counsellor.pk, 0) + 1
        return seat.counsellor.user_id

    @property
    def leaves_rest_waiting(self) -> bool:
        """Whether leads that nobody has room for wait for the round-robin of the site's enquiries."""
        return self._in_turn


def _seats(job: LeadImport, roster: Roster) -> list[Seat]:
    """Return the seats that take part, with the leads of this import that nobody sees yet counted."""
    staged = Lead.everything.filter(lead_import=job, set_aside=Lead.SetAside.IMPORTING)
    counts = dict(staged.order_by().values("owner").annotate(count=Count("pk")).values_list("owner", "count"))
    seats = [seat for seat in roster.seats if seat.takes_part and seat.on_leave_until is None]
    for seat in seats:
        seat.open_leads += counts.get(seat.counsellor.user_id, 0)
    return seats
