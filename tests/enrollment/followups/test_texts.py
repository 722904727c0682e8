"""Texts of sequences: versions, places, two languages, and what each channel needs."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrollment.followups import texts
from enrollment.followups.facts import Facts, facts_of_lead
from enrollment.followups.texts import current_version, filled, rendered
from enrollment.models import Enrollment, Lead, MessageTemplate, Person, Sequence, TextVersion
from enrollment.wording import PLACES, places_for, places_in
from lessons.models import Progress
from outbox.models import Channel
from tests.conftest import SmallCourse
from tests.enrollment.test_same_moment import together
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import EnrollmentFactory, LeadFactory, PersonFactory
from tests.factories.followups import SequenceFactory, TextFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    person = PersonFactory(name="K. Asha Devi")
    return LeadFactory(person=person, course=course.page, reference="ENQ-7F3K-29")


@pytest.fixture
def learning(lead: Lead, course: SmallCourse) -> Enrollment:
    user = UserFactory()
    Person.objects.filter(pk=lead.person_id).update(user=user)
    cohort = CohortFactory(course=course.page, starts_on=date(2027, 1, 11), seats=10, seats_taken=7)
    return EnrollmentFactory(learner=user, course=course.page, lead=lead, cohort=cohort)


def said(lead: Lead, body: str, **values: Any) -> str:
    """Return what a mail with this text says in its middle."""
    version = current_version(TextFactory(body=body, **values))
    return filled(version, Channel.EMAIL, facts_of_lead(Lead.objects.get(pk=lead.pk))).body


def test_the_same_text_is_the_same_version_and_another_one_is_a_new_one() -> None:
    text = TextFactory(body="One")
    first = current_version(text)
    assert current_version(text) == first
    text.body = "Two"
    second = current_version(text)
    text.body = "One"
    third = current_version(text)
    text.whatsapp_template = "hello"
    fourth = current_version(text)

    assert [version.number for version in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert (first.body, second.body) == ("One", "Two")
    assert fourth.approval["whatsapp_template"] == "hello"
    assert texts.wording_of(fourth) == f"{text.pk}.4"


def test_a_name_is_no_part_of_what_is_said() -> None:
    text = TextFactory()
    first = current_version(text)
    text.name = "Another name"
    assert current_version(text) == first


def test_a_known_version_costs_one_query() -> None:
    text = TextFactory()
    current_version(text)
    with CaptureQueriesContext(connection) as queries:
        current_version(text)
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_several_at_once_get_one_version(site: Any) -> None:
    text = TextFactory()
    together(lambda: current_version(MessageTemplate.objects.get(pk=text.pk)), count=4)

    assert TextVersion.objects.filter(template=text).count() == 1


def test_every_place_is_filled_for_a_learner(learning: Enrollment, lead: Lead) -> None:
    Lead.objects.update(next_action="Call", next_action_at=timezone.now())
    body = " ".join(f"{{{name}}}" for name in PLACES)
    assert "{" not in said(lead, body)


def test_places_say_what_the_run_knows(learning: Enrollment, lead: Lead, course: SmallCourse) -> None:
    at = timezone.now() - timedelta(days=5, hours=1)
    progress = Progress.objects.create(
        learner=learning.learner, lesson=course.free, opened_at=at, visited_at=at, done_at=at, rule="read"
    )
    Enrollment.objects.update(created_at=at)
    learning.cohort.starts_on = timezone.localdate() - timedelta(days=20)
    learning.cohort.save()

    assert said(lead, "{first_name}, {name}") == "Asha, K. Asha Devi"
    assert said(lead, "{course}: {course_url}") == (
        "Python full-stack: http://testserver/courses/python-full-stack/"
    )
    assert said(lead, "{seats_left} seats") == "3 seats"
    assert said(lead, "{lesson}: {lesson_url}") == (
        "URLs and views: http://testserver/courses/python-full-stack/first-pages/urls/"
    )
    assert said(lead, "{days_inactive} days") == "5 days"
    Progress.objects.filter(pk=progress.pk).update(done_at=None, rule="")
    assert said(lead, "{lesson}") == "Why a framework"


def test_addresses_in_texts_open_pages(learning: Enrollment, lead: Lead, client: Any) -> None:
    for place in ("{course_url}", "{lesson_url}"):
        path = said(lead, place).removeprefix("http://testserver")
        client.force_login(learning.learner, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(path).status_code == 200


def test_a_learner_who_has_done_everything_is_led_to_the_course(
    learning: Enrollment, lead: Lead, course: SmallCourse
) -> None:
    now = timezone.now()
    for lesson in (course.free, course.locked, course.last):
        Progress.objects.create(
            learner=learning.learner, lesson=lesson, opened_at=now, visited_at=now, done_at=now, rule="read"
        )
    assert said(lead, "{lesson_url}").endswith("/courses/python-full-stack/")
    assert said(lead, "{lesson}") == "{lesson}"


def test_an_enquiry_is_told_of_the_next_group_of_the_course(lead: Lead, course: SmallCourse) -> None:
    CohortFactory(course=course.page, starts_on=timezone.localdate() - timedelta(days=2))
    later = timezone.localdate() + timedelta(days=20)
    CohortFactory(course=course.page, starts_on=later)

    assert said(lead, "{cohort_start}") == f"{later.day} {later:%B}"


def test_what_nothing_fills_stays_and_is_named(lead: Lead) -> None:
    version = current_version(TextFactory(subject="{course}", body="{lesson} {name} {cohort_start}"))
    words = filled(version, Channel.EMAIL, facts_of_lead(lead))

    assert words.body == "{lesson} K. Asha Devi {cohort_start}"
    assert words.holes == ("lesson", "cohort_start")


@pytest.mark.parametrize(
    "body", ["{lead.__class__}", "{0}", "{name!r}", "{name.__class__}", "%(name)s", "{{ name }}", "{% now %}"]
)
def test_nothing_in_a_text_is_ever_run(lead: Lead, body: str) -> None:
    words = said(lead, body)
    assert words == (body if body != "{{ name }}" else "{{ name }}")


def test_what_a_person_typed_is_neither_filled_nor_run_nor_markup(lead: Lead) -> None:
    Person.objects.update(name="{staff} {{ 1 }} <b>[[unsubscribe_url]]")
    version = current_version(TextFactory(body="Hello {name}"))
    written = rendered(version, Channel.EMAIL, facts_of_lead(Lead.objects.get()), sequence=SequenceFactory())

    assert written.body == "Hello {staff} {{ 1 }} <b>[[unsubscribe_url]]"
    assert "Hello {staff} {{ 1 }} &lt;b&gt;" in written.html
    assert written.holes == ()


@pytest.mark.parametrize(
    ("basis", "reason"),
    [
        (Sequence.Basis.ANSWER, "you sent an enquiry to Osiz Labs (ENQ-7F3K-29)"),
        (Sequence.Basis.NEWS, "you allowed Osiz Labs to send you course news"),
        (Sequence.Basis.COURSE, "you take a course at Osiz Labs"),
    ],
)
def test_a_mail_says_why_it_comes_and_how_to_end_it(lead: Lead, basis: str, reason: str) -> None:
    version = current_version(TextFactory(body="Hello {name},\n\nlook: {course_url}"))
    written = rendered(version, Channel.EMAIL, facts_of_lead(lead), sequence=SequenceFactory(basis=basis))

    for part in (written.text, written.html):
        assert reason in part
        assert "[[unsubscribe_url]]" in part
        assert "Osiz Labs" in part
    assert '<a href="http://testserver/courses/python-full-stack/"' in written.html
    assert "<p>Hello K. Asha Devi,</p>" in written.html
    assert written.content == {"body": written.body, "language": "en"}


def test_a_person_who_reads_tamil_gets_the_tamil_text(learning: Enrollment, lead: Lead) -> None:
    Person.objects.update(language="ta")
    text = TextFactory(
        subject="From {cohort_start}",
        body="Hello",
        subject_ta="{cohort_start} முதல்",
        body_ta="வணக்கம் {name}, {hours}",
    )
    written = rendered(
        current_version(text), Channel.EMAIL, facts_of_lead(Lead.objects.get()), sequence=SequenceFactory()
    )

    assert written.subject == "11 ஜனவரி முதல்"
    assert written.body.startswith("வணக்கம் K. Asha Devi, ")
    assert "Monday" not in written.body
    assert " to " not in written.body
    assert '<html lang="ta">' in written.html
    assert "விசாரித்ததால்" in written.text
    assert said(lead, "English only") == "English only"


def test_a_whatsapp_template_gets_its_places_in_their_order(lead: Lead) -> None:
    text = TextFactory(
        channel=Channel.WHATSAPP,
        body="Hello {name}, about {course}: {name}?",
        body_ta="{course} பற்றி {name}?",
        whatsapp_template="first_follow_up",
    )
    version = current_version(text)
    english = filled(version, Channel.WHATSAPP, facts_of_lead(lead))
    Person.objects.update(language="ta")
    tamil = filled(version, Channel.WHATSAPP, facts_of_lead(Lead.objects.get()))

    assert english.body == "Hello K. Asha Devi, about Python full-stack: K. Asha Devi?"
    assert english.content == {
        "template": "first_follow_up",
        "language": "en",
        "parameters": ["K. Asha Devi", "Python full-stack"],
    }
    assert tamil.content == {
        "template": "first_follow_up",
        "language": "ta",
        "parameters": ["Python full-stack", "K. Asha Devi"],
    }
    text.whatsapp_template = ""
    free = filled(current_version(text), Channel.WHATSAPP, facts_of_lead(lead))
    assert free.content == {"session": True}


def test_an_sms_names_what_it_was_registered_as(lead: Lead) -> None:
    text = TextFactory(
        channel=Channel.SMS, subject="", body="Hello {name}", dlt_template="1107", dlt_header="OSIZLB"
    )
    written = rendered(current_version(text), Channel.SMS, facts_of_lead(lead), sequence=SequenceFactory())

    assert (written.text, written.html, written.subject) == ("Hello K. Asha Devi", "", "")
    assert written.content == {"template": "1107", "header": "OSIZLB"}


def test_only_what_a_text_names_is_read(learning: Enrollment) -> None:
    plain = current_version(TextFactory(body="Hello {name}"))
    lesson = current_version(TextFactory(body="{lesson} {lesson_url}"))
    place = Enrollment.objects.select_related("learner", "course", "cohort", "lead__person").get()
    lead = Lead.objects.select_related("person", "owner", "course").get()
    facts = Facts(lead=lead, enrollment=place, entered_cohort=None, at=timezone.now())
    assert facts.institute.settings.name

    with CaptureQueriesContext(connection) as queries:
        filled(plain, Channel.EMAIL, facts)
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        filled(lesson, Channel.EMAIL, facts)
    assert len(queries) == 1


def test_places_of_learners_are_not_offered_to_sequences_for_others() -> None:
    assert "lesson" in places_for(Sequence.Trigger.ENROLLED)
    assert "lesson" not in places_for(Sequence.Trigger.ENQUIRY)
    assert places_in("{name} {x} {course} {name}") == ["name", "course"]
