"""When the steps of a sequence are due, by the institute's working calendar."""

from datetime import date, datetime, timedelta

from courses.calendar import LONGEST_SEARCH, WorkingCalendar
from enrollment.models import Step


def due(step: Step, start: datetime, *, calendar: WorkingCalendar) -> datetime:
    """Return when a step is due that is counted from `start`; days keep the time of day."""
    if step.unit == Step.Unit.HOURS:
        return start + timedelta(hours=step.delay)
    if step.unit == Step.Unit.WORKING_HOURS:
        return calendar.add_hours(start, step.delay) if step.delay else start
    local = start.astimezone(calendar.zone)
    if step.unit == Step.Unit.DAYS:
        return local + timedelta(days=step.delay)
    day = local.date()
    for _number in range(step.delay):
        day = _next_working_day(day, calendar)
    return datetime.combine(day, local.time(), calendar.zone)


def _next_working_day(day: date, calendar: WorkingCalendar) -> date:
    """Return the first day after this one on which the institute works; the next one if it never does."""
    for distance in range(1, LONGEST_SEARCH.days):
        later = day + timedelta(days=distance)
        if calendar.is_open(datetime.combine(later, calendar.opens_at, calendar.zone)):
            return later
    return day + timedelta(days=1)
