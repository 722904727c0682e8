"""The timeline of the lead page: everything, newest first, a page at a time."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from enrollment.models import Lead, LeadEvent
from lessons.models import Attempt, Progress
from outbox.models import DeliveryAttempt
from tests.conftest import SmallCourse, signed_in
from tests.factories.enrollment import (
    ConsentFactory,
    LeadEventFactory,
    LeadFactory,
    PersonFactory,
    SubmissionFactory,
)
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    return LeadFactory(person=PersonFactory(name="Asha Devi"), course=course.page)


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def timeline_of(client: Client, lead: Lead, query: str = "") -> str:
    page = client.get(f"/cms/leads/inspect/{lead.pk}/{query}").content.decode()
    return page[page.index('id="timeline"') :]


def test_a_form_post_is_told_with_what_was_typed(desk: Client, lead: Lead, course: SmallCourse) -> None:
    typed = {
        "name": ["Asha <b>Devi</b>"],
        "course": [str(course.page.pk)],
        "best_time": ["evening"],
        "consent_news": ["on"],
        "website": ["trap"],
    }
    SubmissionFactory(lead=lead, payload=json.dumps(typed))
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.ENQUIRY, text="Evening groups?")
    page = timeline_of(desk, lead)

    assert page.count('<li class="desk-timeline__entry"') == 1, "the post and its line are one"
    for text in ("Evening groups?", "Asha &lt;b&gt;Devi", "Python full-stack", "Evening", "<dd>yes</dd>"):
        assert text in page
    assert "trap" not in page


@pytest.mark.parametrize("payload", ["", "[]", "3", '{"a": {"b": [1, null]}}', '{"name": "\\ud800"}'])
def test_a_post_of_any_shape_is_shown(desk: Client, lead: Lead, payload: str) -> None:
    submission = SubmissionFactory(lead=lead, payload=payload)

    assert submission.reference in timeline_of(desk, lead)


def test_a_message_is_told_with_each_try(desk: Client, lead: Lead) -> None:
    message = MessageFactory(state="failed", last_error="mailbox full")
    for outcome in ("retry", "failed"):
        DeliveryAttempt.objects.create(
            message=message, started_at=timezone.now(), outcome=outcome, detail="mailbox full"
        )
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, text="")
    page = timeline_of(desk, lead)

    assert 'data-state="failed"' in page
    assert "What happened to it" in page
    assert "Will be tried again. mailbox full" in page


CHIPS = {
    "messages": {"message", "chat", "enquiry"},
    "calls": {"call"},
    "notes": {"note", "file"},
    "changes": {"stage", "owner", "plan", "tags", "merge", "enrolment", "facts", "consent"},
}


def test_chips_show_one_kind_of_thing(desk: Client, lead: Lead) -> None:
    everything = set().union(*CHIPS.values())
    for kind in everything - {"consent"}:
        LeadEventFactory(lead=lead, kind=kind, text="x")
    ConsentFactory(person=lead.person)
    shown = {
        chip: set(re.findall(r'data-kind="(\w+)"', timeline_of(desk, lead, f"?show={chip}")))
        for chip in (*CHIPS, "lessons", "all", "nonsense")
    }

    assert shown == CHIPS | {"lessons": set(), "all": everything, "nonsense": everything}


def test_older_pages_hold_every_entry_once(desk: Client, lead: Lead) -> None:
    now = timezone.now()
    moment = now - timedelta(hours=1)
    for number in range(70):
        at = moment if number % 2 else now - timedelta(minutes=number)
        LeadEventFactory(lead=lead, text=f"event-{number:02}.", created_at=at)
    for _ in range(5):
        consent = ConsentFactory(person=lead.person)
        type(consent).objects.filter(pk=consent.pk).update(created_at=moment)
    seen: list[str] = []
    query = ""
    for _page in range(10):
        page = timeline_of(desk, lead, query)
        seen += re.findall(r"event-\d\d|notice 2026-11", page)
        older = re.search(r"older=([\d-]+)", page)
        if older is None:
            break
        query = f"?show=all&older={older[1]}"

    assert len(seen) == 75
    assert len(set(seen)) == 71


@pytest.mark.parametrize("older", ["x", "1-2", "9" * 40, "99999999999999999-3-1", "-1-3-1", "1-9-1"])
def test_a_broken_cursor_is_harmless(desk: Client, lead: Lead, older: str) -> None:
    LeadEventFactory(lead=lead, text="Asked about fees")

    assert "Asked about fees" in timeline_of(desk, lead, f"?older={older}")


def study(learner: User, course: SmallCourse) -> None:
    now = timezone.localtime().replace(hour=12)
    day = now - timedelta(days=2)
    Progress.objects.create(
        learner=learner, lesson=course.free, opened_at=day, visited_at=now, done_at=now, rule="read"
    )
    for number, (kind, state) in enumerate(
        [("exercise", "failed"), ("exercise", "passed"), ("quiz", "passed"), ("quiz", "open")], start=1
    ):
        Attempt.objects.create(
            learner=learner,
            lesson=course.free,
            block_id="b",
            number=number,
            kind=kind,
            state=state,
            score=80 if kind == "quiz" else None,
            started_at=day + timedelta(minutes=number),
            decided_at=day,
        )


def test_lessons_of_the_person_are_summed_by_day(
    desk: Client, lead: Lead, learner: User, course: SmallCourse
) -> None:
    study(learner, course)
    assert "Lessons appear here once" in timeline_of(desk, lead, "?show=lessons")

    lead.person.user = learner
    lead.person.save(update_fields=["user"])
    page = timeline_of(desk, lead, "?show=lessons")
    assert page.count('data-kind="lesson"') == 2
    assert "Why a framework: opened, 2 tries at exercises, 1 passed, 1 try at a quiz, best 80 %" in page
    assert "Why a framework: finished (marked as read)" in page


def test_lessons_cost_the_same_queries_however_many(
    desk: Client, lead: Lead, learner: User, course: SmallCourse
) -> None:
    lead.person.user = learner
    lead.person.save(update_fields=["user"])
    study(learner, course)
    timeline_of(desk, lead)
    with CaptureQueriesContext(connection) as one:
        timeline_of(desk, lead)
    now = timezone.now()
    for lesson in (course.locked, course.last):
        Progress.objects.create(learner=learner, lesson=lesson, opened_at=now, visited_at=now)
    with CaptureQueriesContext(connection) as three:
        page = timeline_of(desk, lead)

    assert "Templates: opened" in page
    assert len(three) == len(one)
