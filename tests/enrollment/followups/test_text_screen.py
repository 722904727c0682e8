"""Texts: both languages, what each channel asks for, versions, the preview, and a test to oneself."""

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from enrollment.models import Lead, LeadEvent, MessageTemplate, TextVersion
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.enrollment import ContactPointFactory, LeadFactory, PersonFactory
from tests.factories.followups import StepFactory, TextFactory
from tests.factories.outbox import SuppressionFactory

pytestmark = pytest.mark.django_db

TEXTS = "/cms/leads/texts/"
NOON = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
AS_SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    return LeadFactory(person=PersonFactory(name="Meena Raj"), course=course.page)


def data(**changes: str) -> dict[str, str]:
    text = {"name": "Seat", "channel": "email", "subject": "Seat for {name}", "body": "Hello {name}"}
    return text | {"position": "5", "is_offered": "on"} | changes


def test_the_list_has_the_name_of_its_line_in_the_menu(manager: Client) -> None:
    page = manager.get(TEXTS).text

    assert "Add text" in page
    assert "Message templates" not in page


def test_each_place_tells_what_comes_there(manager: Client) -> None:
    page = manager.get(f"{TEXTS}add/").text

    assert 'title="the person&#x27;s first name" data-place>{first_name}<' in page
    assert "<dt><code>{first_name}</code></dt><dd>the person&#x27;s first name</dd>" in page


def test_a_text_is_written_in_english_and_tamil(manager: Client) -> None:
    manager.post(f"{TEXTS}add/", data(subject_ta="{name}, இடம்", body_ta="வணக்கம் {name}"))

    text = MessageTemplate.objects.get(name="Seat")
    assert (text.subject_ta, text.body_ta) == ("{name}, இடம்", "வணக்கம் {name}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body_ta": "வணக்கம் {பெயர்}"}, "Nothing can fill {பெயர்}"),
        ({"subject_ta": "{name!r}", "body_ta": "x"}, "Nothing can fill {name!r}"),
        ({"body": "{lead.__class__}"}, "Nothing can fill {lead.__class__}"),
        ({"body": "{name:>9}"}, "Nothing can fill {name:&gt;9}"),
        ({"body": "{course[0]}"}, "Nothing can fill {course[0]}"),
        ({"body_ta": "வணக்கம்"}, "Enter a subject in Tamil"),
        ({"channel": "sms", "dlt_template": "id 12"}, "digits only"),
        ({"channel": "sms", "dlt_header": "NO-GOOD"}, "3 to 11"),
        ({"channel": "whatsapp", "whatsapp_template": "First Hello"}, "Small letters, digits and _ only"),
    ],
)
def test_what_cannot_be_sent_is_refused(manager: Client, changes: dict[str, str], said: str) -> None:
    page = manager.post(f"{TEXTS}add/", data(**changes)).content.decode()

    assert said in page
    assert not MessageTemplate.objects.filter(name="Seat").exists()


def test_what_a_channel_does_not_ask_for_is_emptied(manager: Client) -> None:
    registered = {"dlt_template": "1707", "dlt_header": "OSIZLB"}
    manager.post(f"{TEXTS}add/", data(channel="sms", whatsapp_template="hello", **registered))

    text = MessageTemplate.objects.get(name="Seat")
    assert (text.dlt_template, text.dlt_header) == ("1707", "OSIZLB")
    assert (text.subject, text.whatsapp_template) == ("", "")


def test_a_text_that_a_sequence_sends_stays_fit_for_it(manager: Client) -> None:
    text = TextFactory(channel="sms", dlt_template="1707", name="Short")
    StepFactory(channel="sms", text=text, sequence__name="Reminders")
    page = manager.post(f"{TEXTS}edit/{text.pk}/", data(name="Short", channel="sms")).content.decode()
    assert "“Reminders” is on and sends this SMS" in page
    page = manager.post(f"{TEXTS}edit/{text.pk}/", data(name="Short")).content.decode()
    assert "“Reminders” sends this text by SMS" in page

    text.refresh_from_db()
    assert (text.channel, text.dlt_template) == ("sms", "1707")


def test_the_lead_page_offers_mails_and_chats_that_are_meant_for_it(admissions: User, lead: Lead) -> None:
    ContactPointFactory(person=lead.person, kind="phone", value="+919876543210")
    for channel in ("email", "whatsapp", "sms"):
        TextFactory(channel=channel, name=f"Offered {channel}", is_offered=True)
    TextFactory(name="Only sequences")
    page = signed_in(admissions).get(f"/cms/leads/inspect/{lead.pk}/").content.decode()

    assert "Offered email" in page
    assert "Offered whatsapp" in page
    assert "Offered sms" not in page
    assert "Only sequences" not in page


def test_each_change_is_a_version_with_who_made_it(manager: Client, admissions_lead: User) -> None:
    manager.post(f"{TEXTS}add/", data())
    text = MessageTemplate.objects.get(name="Seat")
    manager.post(f"{TEXTS}edit/{text.pk}/", data(body="Dear {name}"))
    manager.post(f"{TEXTS}edit/{text.pk}/", data(body="Dear {name}", position="7"))

    assert [version.body for version in text.versions.all()] == ["Dear {name}", "Hello {name}"]
    page = manager.get(f"{TEXTS}edit/{text.pk}/").content.decode()
    assert "Version 2" in page
    assert "Dear {name}" in page
    assert str(admissions_lead) in page.partition("versions-heading")[2]


def shown(client: Client, **changes: Any) -> str:
    return client.post(f"{TEXTS}preview/", data(**changes), headers=AS_SCRIPT).content.decode()


def test_a_mail_is_shown_as_the_newest_lead_would_get_it(manager: Client, lead: Lead) -> None:
    page = shown(manager, body="Hello {first_name}, about {course}?")

    assert f"For Meena Raj ({lead.reference})" in page
    assert "Seat for Meena Raj" in page
    assert "Hello Meena, about Python full-stack?" in page
    assert "<iframe" in page
    assert "sandbox" in page
    assert TextVersion.objects.count() == LeadEvent.objects.count() == 0


def test_a_lead_is_found_by_name_or_reference_and_others_are_offered(manager: Client, lead: Lead) -> None:
    other = LeadFactory(person=PersonFactory(name="Meena Devi"))
    LeadFactory(person=PersonFactory(name="Arun"))
    page = shown(manager, lead="meena")
    assert "For Meena Devi" in page
    assert f'value="{lead.reference}"' in page

    assert "For Meena Raj" in shown(manager, lead=lead.reference)
    assert "For Meena Raj" in shown(manager, lead="meena", chosen=lead.reference)
    assert "No lead is found by this" in shown(manager, lead="nobody")
    assert other.reference not in shown(manager, lead="arun")


def test_without_a_lead_the_preview_says_so(manager: Client) -> None:
    assert "There is no lead yet" in shown(manager)


def test_the_language_is_the_persons_or_the_one_asked_for(manager: Client, lead: Lead) -> None:
    tamil = {"subject_ta": "{name}, இடம்", "body_ta": "வணக்கம் {name}"}
    assert "Hello Meena Raj" in shown(manager, **tamil)
    assert "வணக்கம் Meena Raj" in shown(manager, language="ta", **tamil)
    lead.person.language = "ta"
    lead.person.save()

    assert "வணக்கம் Meena Raj" in shown(manager, **tamil)
    assert "Hello Meena Raj" in shown(manager, language="en", **tamil)


def test_what_nothing_fills_is_marked_and_what_people_typed_is_text(manager: Client, lead: Lead) -> None:
    lead.person.name = "<b>Bob</b>"
    lead.person.save()
    page = shown(manager, channel="whatsapp", body="{name}, go on: {lesson}")

    assert "<mark>{lesson}</mark>" in page
    assert "Nothing is known for {lesson} of this lead" in page
    assert "&lt;b&gt;Bob&lt;/b&gt;" in page
    assert "<b>Bob</b>" not in page


def test_an_approved_template_shows_which_place_is_which_variable(manager: Client, lead: Lead) -> None:
    page = shown(manager, channel="whatsapp", body="{name}: {course}, {name}", whatsapp_template="hello")
    rows = page.partition("<tbody>")[2]

    assert rows.index("{{1}}") < rows.index("{name}") < rows.index("Meena Raj") < rows.index("{{2}}")
    assert "Python full-stack" in rows
    assert "{{3}}" not in rows


def test_an_sms_says_how_long_it_is_and_what_to_register(manager: Client, lead: Lead) -> None:
    page = shown(manager, channel="sms", body="Hello {name}, " + "x" * 150, dlt_template="1707")
    assert "Hello {#var#}, xxx" in page
    assert "167 characters, 2 SMS joined" in page
    assert "GSM-7" in page

    assert "Unicode" in shown(manager, channel="sms", body="வணக்கம் {name}")


@time_machine.travel(NOON, tick=False)
def test_the_preview_says_whether_it_could_leave_now(manager: Client, lead: Lead) -> None:
    assert "Nothing stands in the way" in shown(manager)
    SuppressionFactory(address=lead.email, reason="unsubscribed")
    assert "They unsubscribed from everything" in shown(manager)
    with time_machine.travel(NOON.replace(hour=22), tick=False):
        page = shown(manager)
    assert "follow-ups leave from 10:00 to 20:00" in page
    assert page.index("They unsubscribed") < page.index("follow-ups leave from")
    assert "There is no phone number." in shown(manager, channel="whatsapp")


def test_the_basis_of_the_sequence_counts_for_the_preview(manager: Client, lead: Lead) -> None:
    text = StepFactory(sequence__basis="news").text

    assert "They haven&#x27;t allowed course news." in shown(manager, saved=text.pk)


def test_an_odd_text_says_what_is_wrong_instead(manager: Client, lead: Lead) -> None:
    response = manager.post(f"{TEXTS}preview/", data(body="{lead.__class__}"), headers=AS_SCRIPT)

    assert response.status_code == 422
    assert "Nothing can fill {lead.__class__}" in response.content.decode()
    assert manager.post(f"{TEXTS}preview/", {"channel": "pigeon"}, headers=AS_SCRIPT).status_code == 422


def test_without_scripts_the_preview_is_a_page(manager: Client, lead: Lead) -> None:
    page = manager.post(f"{TEXTS}preview/", data()).content.decode()

    assert "Go back with your browser" in page
    assert "Hello Meena Raj" in page


@time_machine.travel(NOON, tick=False)
def test_a_preview_costs_the_same_for_one_and_for_three_matches(manager: Client, lead: Lead) -> None:
    shown(manager, lead="meena")
    with CaptureQueriesContext(connection) as one:
        shown(manager, lead="meena")
    for _number in range(2):
        LeadFactory(person=PersonFactory(name="Meena Devi"), course=lead.course)
    with CaptureQueriesContext(connection) as three:
        shown(manager, lead="meena")

    assert len(one) == len(three) <= 16


def sent(client: Client, **changes: Any) -> str:
    return client.post(f"{TEXTS}test/", data(**changes), headers=AS_SCRIPT).content.decode()


def test_a_test_goes_to_oneself_once_a_press(manager: Client, admissions_lead: User, lead: Lead) -> None:
    key = str(uuid4())
    for _press in range(2):
        page = sent(manager, key=key)
        assert f"on its way to {admissions_lead.email}" in page
        assert "help-info" in page, "Wagtail has a look for info, warning and critical alone"

    message = Message.objects.get()
    assert message.to == admissions_lead.email
    assert message.subject == "[Test] Seat for Meena Raj"
    assert message.purpose == Message.Purpose.NOTICE
    assert "Hello Meena Raj" in message.text
    assert not LeadEvent.objects.exists()

    sent(manager, key=str(uuid4()))
    assert Message.objects.count() == 2


def test_a_test_of_an_sms_goes_to_ones_own_number_or_nowhere(
    manager: Client, admissions_lead: User, lead: Lead
) -> None:
    ready = {"channel": "sms", "dlt_template": "1707", "key": str(uuid4())}
    assert "Your account has no phone number" in sent(manager, **ready)
    own = PersonFactory(user=admissions_lead, email="")
    ContactPointFactory(person=own, kind="phone", value="+919876543210")
    assert "Enter the DLT template id first" in sent(manager, **ready | {"dlt_template": ""})
    assert not Message.objects.exists()
    assert "on its way to +919876543210" in sent(manager, **ready)

    message = Message.objects.get()
    assert message.text == "Hello Meena Raj"
    assert message.content["template"] == "1707"


@time_machine.travel(NOON, tick=False)
def test_many_tests_have_to_wait(manager: Client, lead: Lead) -> None:
    for _number in range(10):
        sent(manager, key=str(uuid4()))
    response = manager.post(f"{TEXTS}test/", data(key=str(uuid4())), headers=AS_SCRIPT)

    assert response.status_code == 429
    assert Message.objects.count() == 10


def test_counsellors_and_authors_preview_and_send_nothing(
    admissions: User, author: User, reviewer: User, lead: Lead
) -> None:
    for user in (admissions, author, reviewer):
        for path in ("preview/", "test/"):
            response = signed_in(user).post(f"{TEXTS}{path}", data(key=str(uuid4())))
            assert response.status_code == 302
            assert "Meena" not in response.content.decode()
    assert not Message.objects.exists()
