"""What stands in the way of a follow-up is said in plain words before anything is queued."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from courses.models import Holiday, InstituteSettings
from enrollment.followups.checking import Refusal, refusals, too_early
from enrollment.followups.facts import Facts, Institute
from enrollment.followups.texts import current_version
from enrollment.models import Consent, ContactPoint, Lead, LeadEvent, TextVersion
from outbox.models import Channel, Message, OptOut, Reply, Suppression, address_hash
from tests.factories.enrollment import (
    ConsentFactory,
    ContactPointFactory,
    LeadEventFactory,
    LeadFactory,
)
from tests.factories.followups import TextFactory, planned_run
from tests.factories.outbox import MessageFactory, SuppressionFactory

pytestmark = pytest.mark.django_db

INDIA = ZoneInfo("Asia/Kolkata")
NOON = datetime(2026, 11, 24, 12, tzinfo=INDIA)


@pytest.fixture
def meera(institute: InstituteSettings) -> Lead:
    """A lead with a mail address and a number."""
    lead = LeadFactory(person__name="Meera", person__email="meera@example.com", person__phone="+919876543210")
    return Lead.objects.select_related("person__user").get(pk=lead.pk)


@pytest.fixture
def institute(db: None) -> InstituteSettings:
    return InstituteSettings.current()


def asked(lead: Lead, *, channel: str = Channel.EMAIL, at: datetime = NOON, **more: Any) -> list[Refusal]:
    return refusals(lead=lead, channel=channel, basis=more.pop("basis", "followups"), at=at, **more)


def codes(lead: Lead, **more: Any) -> list[str]:
    return [refusal.code for refusal in asked(lead, **more)]


def version(channel: str, **values: Any) -> TextVersion:
    return current_version(TextFactory(channel=channel, **values))


def sent_to(lead: Lead, *, at: datetime, purpose: str = Message.Purpose.MARKETING) -> None:
    message = MessageFactory(state=Message.State.SENT, sent_at=at, purpose=purpose)
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, created_at=at)


def test_nothing_stands_in_the_way_of_a_mail_at_noon(
    meera: Lead, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = version(Channel.EMAIL)
    institute = Institute()
    assert institute.calendar
    facts = Facts(lead=meera, enrollment=None, entered_cohort=None, at=NOON, institute=institute)
    # addresses, suppressions, opt-outs, consents, follow-ups of the day
    with django_assert_num_queries(5):
        assert asked(meera, version=text, facts=facts) == []


def test_before_it_leaves_one_query_is_enough(
    meera: Lead, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    institute = Institute()
    assert institute.calendar
    facts = Facts(lead=meera, enrollment=None, entered_cohort=None, at=NOON, institute=institute)
    with django_assert_num_queries(1):
        assert too_early(facts, channel=Channel.EMAIL, at=NOON) is None


def test_the_work_is_the_same_for_three_of_everything(meera: Lead) -> None:
    def counted() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            asked(meera, version=version_, basis="news")
        return len(queries)

    version_ = version(Channel.EMAIL)
    counts = []
    for number in range(3):
        ContactPointFactory(person=meera.person, kind="email", value=f"m{number}@example.com")
        ConsentFactory(person=meera.person)
        SuppressionFactory(address=f"m{number}@example.com")
        OptOut.objects.create(address_hash=address_hash(f"m{number}@example.com"), topic="news")
        sent_to(meera, at=NOON)
        counts.append(counted())
    assert len(set(counts)) == 1


def test_by_night_it_says_what_time_it_is_and_when_it_can_leave(meera: Lead) -> None:
    (refusal,) = asked(meera, at=NOON.replace(hour=21, minute=40))
    assert refusal.text == (
        "It is 21:40 for Meera; follow-ups leave from 10:00 to 20:00. This one can leave tomorrow at 10:00."
    )
    assert refusal.until == NOON.replace(day=25, hour=10)
    assert not refusal.final


def test_the_time_is_that_of_the_place_where_the_person_is(meera: Lead) -> None:
    meera.person.time_zone = "America/New_York"
    (refusal,) = asked(meera)
    assert "It is 01:30 for Meera" in refusal.text
    assert "can leave today at 10:00" in refusal.text


def test_a_holiday_and_a_closed_day_are_named(meera: Lead, institute: InstituteSettings) -> None:
    Holiday.objects.create(institute=institute, date=date(2026, 11, 24), name="Karthigai Deepam")
    (refusal,) = asked(meera)
    assert refusal.code == "holiday"
    assert refusal.text.startswith("The institute is closed on Tuesday 24 November.")
    sunday = NOON.replace(day=22)
    assert codes(meera, at=sunday) == []
    assert codes(meera, at=sunday, on_working_days=True) == ["closed-day"]


def test_an_sms_is_held_by_the_hours_of_india(meera: Lead) -> None:
    meera.person.time_zone = "Asia/Tokyo"  # 10:00 to 20:00 there is 6:30 to 16:30 in India
    assert codes(meera, channel=Channel.SMS, at=NOON.replace(hour=8)) == ["sms-hours"]
    assert codes(meera, channel=Channel.WHATSAPP, at=NOON.replace(hour=8)) == []


def test_after_two_a_day_the_third_waits_for_the_morning(meera: Lead) -> None:
    sent_to(meera, at=NOON.replace(hour=10))
    sent_to(meera, at=NOON.replace(hour=11))
    (refusal,) = asked(meera)
    assert refusal.text == (
        "Meera has had as many follow-ups as a person gets a day (2). This one can leave tomorrow at 10:00."
    )
    assert refusal.until == NOON.replace(day=25, hour=10)
    assert codes(meera, at=NOON.replace(day=25)) == []


def test_other_messages_and_other_days_do_not_count_against_the_day(meera: Lead) -> None:
    sent_to(meera, at=NOON.replace(day=23, hour=19))
    sent_to(meera, at=NOON, purpose=Message.Purpose.ACKNOWLEDGEMENT)
    sent_to(LeadFactory(), at=NOON)
    sent_to(meera, at=NOON)
    assert codes(meera) == []


def test_the_day_begins_where_the_person_is(meera: Lead) -> None:
    """6:00 in India is still the evening before in New York; 21:00 is 10:30 in the morning there."""
    meera.person.time_zone = "America/New_York"
    for _ in range(2):
        sent_to(meera, at=NOON.replace(hour=6))
    assert codes(meera, at=NOON.replace(hour=21)) == []


@time_machine.travel(NOON, tick=False)
def test_what_is_leaving_counts_too_but_not_against_itself(institute: InstituteSettings) -> None:
    institute.follow_ups_a_day = 1
    institute.save()
    run = planned_run(state=Message.State.SENDING)
    assert codes(run.lead) == ["daily-cap"]
    assert codes(run.lead, message=run.message) == []


def test_somebody_without_an_address_is_not_written_to(meera: Lead) -> None:
    meera.person.contact_points.filter(kind=ContactPoint.Kind.EMAIL).delete()
    (refusal,) = asked(meera)
    assert (refusal.text, refusal.final) == ("There is no e-mail address.", True)
    assert codes(meera, channel=Channel.WHATSAPP) == []


def test_a_channel_that_is_not_set_up_says_so(meera: Lead, settings: Settings) -> None:
    settings.OUTBOX_WAYS = {}
    assert [refusal.text for refusal in asked(meera, channel=Channel.SMS)] == [
        "SMS isn't set up on this server."
    ]


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.WHATSAPP, Channel.SMS])
def test_who_stops_a_topic_on_one_address_hears_nothing_of_it_anywhere(meera: Lead, channel: str) -> None:
    OptOut.objects.create(
        channel=Channel.EMAIL, address_hash=address_hash("meera@example.com"), topic="followups"
    )
    (refusal,) = asked(meera, channel=channel)
    assert refusal.text == "They unsubscribed from this: Answers to your enquiry."
    assert codes(meera, channel=channel, basis="course") == []


@pytest.mark.parametrize("reason", ["unsubscribed", "complained", "erased"])
def test_who_wants_nothing_more_hears_nothing_on_any_channel(meera: Lead, reason: str) -> None:
    SuppressionFactory(address="+919876543210", channel=Channel.WHATSAPP, reason=reason)
    assert codes(meera) == [reason]


def test_a_dead_address_says_nothing_of_the_others(meera: Lead) -> None:
    SuppressionFactory(address="meera@example.com", reason=Suppression.Reason.BOUNCED)
    assert codes(meera) == ["bounced"]
    assert codes(meera, channel=Channel.WHATSAPP) == []


def test_restricted_and_erased_people_are_left_alone(meera: Lead) -> None:
    meera.person.restricted_at = timezone.now()
    assert codes(meera) == ["restricted"]
    meera.person.erased_at = timezone.now()
    assert [refusal.text for refusal in asked(meera)] == ["The person was erased."]


def test_news_needs_a_consent_that_still_stands(meera: Lead) -> None:
    assert codes(meera, basis="news") == ["consent"]
    ConsentFactory(person=meera.person, purpose=Consent.Purpose.NEWS, granted=True)
    assert codes(meera, basis="news") == []
    ConsentFactory(person=meera.person, purpose=Consent.Purpose.NEWS, granted=False)
    assert [refusal.text for refusal in asked(meera, basis="news")] == [
        "They don't want course news any more."
    ]


def test_an_answer_ends_with_the_consent_to_answer(meera: Lead) -> None:
    ConsentFactory(person=meera.person, purpose=Consent.Purpose.ENQUIRY, granted=False)
    assert codes(meera) == ["consent"]
    assert codes(meera, basis="course") == []


def test_a_child_gets_news_only_with_a_guardian(meera: Lead) -> None:
    ConsentFactory(person=meera.person, purpose=Consent.Purpose.NEWS, granted=True)
    meera.person.under_18 = True
    assert codes(meera, basis="news") == ["guardian"]
    meera.person.guardian_contact = "+919876500000"
    assert codes(meera, basis="news") == []


def test_a_place_that_nothing_fills_and_an_empty_subject_are_refused(meera: Lead) -> None:
    meera.course = None
    text = version(Channel.EMAIL, subject="", body="It starts on {cohort_start}.")
    found = asked(meera, version=text)
    assert [refusal.text for refusal in found] == [
        "Nothing is known for {cohort_start}.",
        "The subject is empty.",
    ]


def test_whatsapp_carries_its_own_templates_or_answers(meera: Lead) -> None:
    text = version(Channel.WHATSAPP, body="Hello {name}")
    assert codes(meera, channel=Channel.WHATSAPP, version=text) == ["no-template"]
    Reply.objects.create(event_id="1", channel=Channel.WHATSAPP, sender="+919876543210", text="Hi")
    assert codes(meera, channel=Channel.WHATSAPP, version=text) == []


def test_whatsapp_takes_so_many_characters(meera: Lead) -> None:
    long = version(Channel.WHATSAPP, body="a" * 1025, whatsapp_template="follow_up")
    (refusal,) = asked(meera, channel=Channel.WHATSAPP, version=long)
    assert refusal.text == "The text is too long: 1025 characters, and WhatsApp takes 1024."


def test_an_sms_needs_its_registered_text(meera: Lead, settings: Settings) -> None:
    text = version(Channel.SMS, body="Hello {name}, any questions?")
    assert codes(meera, channel=Channel.SMS, version=text) == ["no-dlt"]
    text = version(Channel.SMS, body="Hello {name}, any questions?", dlt_template="1107")
    assert codes(meera, channel=Channel.SMS, version=text) == []
    meera.person.name = "M" * 40
    assert codes(meera, channel=Channel.SMS, version=text) == ["dlt-text"]
    settings.OUTBOX_WAYS = {"sms": {"OPTIONS": {"entity_id": "", "header": "OSIZLB"}}}
    assert codes(meera, channel=Channel.SMS, version=text)[0] == "no-dlt"


def test_an_sms_has_so_many_parts(meera: Lead) -> None:
    text = version(Channel.SMS, body="வ" * 403, dlt_template="1107")
    (refusal,) = asked(meera, channel=Channel.SMS, version=text)
    assert refusal.text == "The text is too long: 7 SMS, and 6 is the most."


def test_what_waiting_does_not_help_against_comes_first(meera: Lead) -> None:
    SuppressionFactory(address="meera@example.com", reason=Suppression.Reason.COMPLAINED)
    text = version(Channel.EMAIL, subject="")
    found = asked(meera, version=text, at=NOON.replace(hour=2))
    assert [(refusal.code, refusal.final) for refusal in found] == [
        ("complained", True),
        ("no-subject", False),
        ("quiet-hours", False),
    ]
