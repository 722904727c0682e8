"""Leads in a sequence of three steps: after each message that left the next must be planned, once."""

import time
from collections.abc import Iterator
from datetime import time as time_of_day

from django.db.models import Count
from django.utils import timezone

from courses.models import InstituteSettings
from enrollment.followups.entering import Entry, enter
from enrollment.models import Sequence, SequenceRun, Step
from tests.factories.enrollment import LeadFactory
from tests.factories.followups import SequenceFactory, StepFactory, TextFactory
from tests.faults.stack.engines import kill_each
from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import trial

STEPS = 3


def runs(stack: Stack) -> Iterator[Row]:
    """Kill senders and a worker, flush Redis and restart PostgreSQL while runs go from step to step."""
    stack.sink.tell("delay 5")
    institute = InstituteSettings.current()
    institute.follow_up_from, institute.follow_up_until = time_of_day(0), time_of_day(23, 59, 59)
    institute.follow_ups_a_day = 100
    institute.save()
    sequence = SequenceFactory(name="Under fault", entered_until=timezone.now())
    for number in range(STEPS):
        StepFactory(sequence=sequence, sort_order=number, delay=0, unit=Step.Unit.HOURS, text=TextFactory())
    kills = stack.times(10, 3)

    def ask(number: int) -> None:
        lead = LeadFactory(reference=f"ENQ-F{number:05}")
        enter(sequence, Entry(lead, f"{sequence.pk}:lead:{lead.pk}", lead.created_at))

    with trial(
        stack.sink, "run", fault="kills, flushes, a restart: sequences", faults=kills + 4, rate=10, queue=ask
    ) as run:
        for _ in range(kills):
            run.wait_for_deliveries(2, seconds=60)
            kill_each(stack.workers.children()[:1])
        stack.redis.flush()
        stack.workers.replace(stack.workers.processes[0])
        run.wait_for_deliveries(2, seconds=60)
        stack.postgres.restart_immediately()
        run.wait_for_deliveries(2, seconds=60)
        stack.redis.flush()
        time.sleep(2)
    run.row.unknown_allowed = kills + 2 + 4
    run.counts_keys = False
    row = run.settle()
    _count_runs(sequence, row)
    yield row


def _count_runs(sequence: Sequence, row: Row) -> None:
    """Every run must have finished, with each step's message once."""
    all_runs = SequenceRun.objects.filter(sequence=sequence)
    unfinished = all_runs.exclude(state=SequenceRun.State.FINISHED).count()
    short = all_runs.exclude(steps_done=STEPS).count()
    row.remark = f"{all_runs.count()} runs of {STEPS} steps"
    row.lost += max(0, all_runs.count() * STEPS - row.due)
    if unfinished or short:
        row.problems.append(f"{unfinished} runs haven't finished, {short} haven't done {STEPS} steps")
    told = all_runs.filter(lead__events__kind="message").annotate(lines=Count("lead__events"))
    if twice := told.filter(lines__gt=STEPS).count():
        row.problems.append(f"{twice} timelines tell a message twice")
