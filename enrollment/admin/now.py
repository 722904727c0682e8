"""The clock and the roster of a request: read once, however many leads and chips a screen shows."""

from typing import Any

from django.http import HttpRequest

from enrollment.clock import Clock, read_clock
from enrollment.roster import Roster, read_roster


def clock_for(request: HttpRequest | None) -> Clock:
    """Return the clock of this request; four queries the first time."""
    return _kept(request, "desk_clock", read_clock)


def roster_for(request: HttpRequest | None) -> Roster:
    """Return the counsellors as they are in this request; seven queries at first, four after the clock."""
    clock: Clock | None = getattr(request, "desk_clock", None)
    return _kept(request, "desk_roster", lambda: read_roster(calendar=clock.calendar if clock else None))


def _kept(request: HttpRequest | None, name: str, read: Any) -> Any:
    if request is None:
        return read()
    if not hasattr(request, name):
        setattr(request, name, read())
    return getattr(request, name)
