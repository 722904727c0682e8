"""The enquiry and placement forms, as a visitor uses them."""

import json
import re
import uuid
from datetime import timedelta
from threading import Thread

import pytest
from django.core import mail
from django.db import IntegrityError, connection, connections
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs
from wagtail.models import Site

from courses.models import InstituteSettings
from enrollment import intake
from enrollment.models import Consent, ContactPoint, Lead, LeadEvent, Person, Submission
from enrollment.tasks import sweep
from outbox.delivery import drain
from outbox.models import Message
from tests.conftest import SmallCourse

pytestmark = pytest.mark.django_db


def answers(**changes: str) -> dict[str, str]:
    values = {
        "name": "Kavitha Selvam",
        "email": "Kavitha@Example.com",
        "phone": "98765 43210",
        "contact_by": "whatsapp",
        "message": "When does the next group start?",
        "key": str(uuid.uuid4()),
    }
    return values | changes


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


def test_an_enquiry_becomes_a_lead_with_reference_promise_and_mail(visitor: Client) -> None:
    response = visitor.post("/enquire/", answers(course="python-full-stack", consent_news="on"), follow=True)

    lead = Lead.objects.get()
    assert response.redirect_chain == [(f"/enquire/thanks/{lead.reference}/", 302)]
    assert re.fullmatch(r"ENQ-[2-9A-Z]{4}-[2-9A-Z]{2}", lead.reference)
    page = response.content.decode()
    assert lead.reference in page
    assert "Kavitha Selvam" in page
    assert "will contact you by WhatsApp before" in page
    assert lead.stage_id == Lead.Stage.NEW
    assert lead.interest == Lead.Interest.CONTACT
    assert lead.course.slug == "python-full-stack"
    assert lead.answer_due_at > timezone.now()
    points = {point.kind: (point.value, point.as_typed) for point in lead.person.contact_points.all()}
    assert points == {
        "email": ("kavitha@example.com", "Kavitha@Example.com"),
        "phone": ("+919876543210", "98765 43210"),
    }
    assert [event.kind for event in lead.events.all()] == ["message", "enquiry"]
    assert Consent.objects.get().granted
    assert mail.outbox == [], "the request itself must not send"

    drain()

    assert [sent.to for sent in mail.outbox] == [["Kavitha@Example.com"]]
    assert lead.reference in mail.outbox[0].subject
    assert Message.objects.get().state == Message.State.SENT


def test_without_ticking_there_is_no_consent(visitor: Client) -> None:
    visitor.post("/enquire/", answers())

    assert Lead.objects.exists()
    assert not Consent.objects.exists()


def test_the_placement_form_keeps_its_own_answers(visitor: Client) -> None:
    visitor.post(
        "/placement/",
        answers(status="graduate", experience_years="2", target_role="Backend", skills="Python, SQL"),
    )

    lead = Lead.objects.get()
    assert lead.interest == Lead.Interest.PLACEMENT
    assert lead.details == {
        "status": "graduate",
        "experience_years": 2,
        "target_role": "Backend",
        "skills": "Python, SQL",
    }


def test_sending_the_same_post_again_changes_nothing(visitor: Client) -> None:
    data = answers()

    replies = [visitor.post("/enquire/", data).url for _ in range(8)]

    assert len(set(replies)) == 1
    assert Lead.objects.count() == Submission.objects.count() == Message.objects.count() == 1


def test_the_same_key_with_a_changed_message_adds_to_the_same_lead(visitor: Client) -> None:
    data = answers()
    visitor.post("/enquire/", data)

    visitor.post("/enquire/", data | {"message": "And what does it cost?"})

    event = Lead.objects.get().events.get(kind=LeadEvent.Kind.REPEATED)
    assert event.text == "Your message: And what does it cost?"
    assert Submission.objects.count() == 2
    assert Message.objects.count() == 1


def test_a_corrected_enquiry_loses_nothing(visitor: Client, course: SmallCourse) -> None:
    data = answers()
    visitor.post("/enquire/", data)
    corrected = data | {
        "name": "Kavitha S.",
        "phone": "98765 43211",
        "contact_by": "phone",
        "best_time": "evening",
        "course": str(course.page.pk),
        "message": "",
        "consent_news": "on",
    }
    response = visitor.post("/enquire/", corrected, follow=True)
    again = visitor.post("/enquire/", corrected)

    lead = Lead.objects.get()
    assert response.redirect_chain == [(f"/enquire/thanks/{lead.reference}/", 302)]
    assert again.url == f"/enquire/thanks/{lead.reference}/"
    assert "98765 43211" in response.content.decode(), "the page shows what was sent last"
    assert lead.course == course.page
    phones = lead.person.contact_points.filter(kind=ContactPoint.Kind.PHONE).values_list("value", flat=True)
    assert set(phones) == {"+919876543210", "+919876543211"}
    assert Consent.objects.get().granted
    event = lead.events.get(kind=LeadEvent.Kind.REPEATED)
    assert event.text.splitlines() == [
        "Your name: Kavitha S.",
        "How should we contact you?: Phone call",
        "Phone number: 98765 43211",
        "Which course is it about?: Python full-stack",
        "Best time to reach you: Evening",
        "Your message: left empty",
        "Send me course news about once a month. I can stop at any time.: Yes",
    ]


def test_a_second_correction_tells_what_changed_since_the_first(visitor: Client) -> None:
    data = answers()
    visitor.post("/enquire/", data)
    visitor.post("/enquire/", data | {"message": "Second", "consent_news": "on"})
    visitor.post("/enquire/", data | {"message": "Third \x00"})

    lead = Lead.objects.get()
    texts = list(lead.events.filter(kind=LeadEvent.Kind.REPEATED).values_list("text", flat=True))
    assert texts[0].startswith("Your message: Third")
    assert texts[0].endswith("I can stop at any time.: No")
    assert texts[1].startswith("Your message: Second")
    assert [consent.granted for consent in Consent.objects.order_by("pk")] == [True, False]


def test_a_repeat_of_the_correction_of_a_refused_form_finds_its_lead(visitor: Client) -> None:
    data = answers(phone="")
    assert visitor.post("/enquire/", data).status_code == 422
    visitor.post("/enquire/", data | {"phone": "98765 43210"})
    visitor.post("/enquire/", data | {"phone": "98765 43211"})

    assert Lead.objects.count() == 1


def test_a_repeated_post_stays_harmless_when_its_course_was_unpublished(
    visitor: Client, course: SmallCourse
) -> None:
    data = answers(course=str(course.page.pk))
    first = visitor.post("/enquire/", data)
    course.page.unpublish()

    again = visitor.post("/enquire/", data)

    assert again.status_code == 302
    assert again.url == first.url
    assert Submission.objects.get().outcome == Submission.Outcome.LEAD


def test_without_a_default_site_enquiries_still_come_in(visitor: Client) -> None:
    Site.objects.update(is_default_site=False)
    visitor.post("/enquire/", answers())

    assert Lead.objects.count() == 1


def test_without_any_site_the_institute_has_its_defaults(db: None) -> None:
    Site.objects.all().delete()
    institute = InstituteSettings.current()

    assert institute.pk is None
    assert institute.calendar().add_hours(timezone.now(), institute.answer_within_hours) > timezone.now()


def test_a_reference_taken_at_the_same_moment_is_tried_again_but_not_for_ever(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.post("/enquire/", answers())
    taken = Submission.objects.get().reference
    monkeypatch.setattr(intake, "_new_reference", lambda: taken)

    with pytest.raises(IntegrityError):
        intake.record(form="enquiry", data=QueryDict("name=Arun"), address=None)

    references = iter([taken, "ENQ-FREE-22"])
    monkeypatch.setattr(intake, "_new_reference", lambda: next(references))
    assert intake.record(form="enquiry", data=QueryDict("name=Arun"), address=None).reference == "ENQ-FREE-22"


def test_the_sweep_settles_the_oldest_first_and_no_bad_post_stops_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    posts = []
    for number, email in enumerate(["bad@example.com", "not valid", "good@example.com"]):
        data = QueryDict(mutable=True)
        data.update(answers(email=email))
        post = intake.record(form="enquiry", data=data, address=None)
        Submission.objects.filter(pk=post.pk).update(received_at=long_ago + timedelta(minutes=number))
        posts.append(post)
    make_lead, order = intake._make_lead, []

    def fail_for_the_bad_one(submission: Submission, values: dict, *, person: Person | None) -> Lead:
        order.append(values["email"])
        if values["email"].startswith("bad"):
            raise RuntimeError
        return make_lead(submission, values, person=person)

    monkeypatch.setattr(intake, "_make_lead", fail_for_the_bad_one)
    with capture_logs() as logs:
        assert intake.settle_left_over() == 1

    assert order == ["bad@example.com", "good@example.com"]
    told = {entry["event"]: entry["reference"] for entry in logs if entry["log_level"] != "info"}
    assert told == {
        "submission_not_settled": posts[0].reference,
        "left_over_submission_invalid": posts[1].reference,
    }
    outcomes = [Submission.objects.get(pk=post.pk).outcome for post in posts]
    assert outcomes == ["received", "rejected", "lead"]


def test_a_key_that_somebody_else_used_loses_no_enquiry_and_shows_nothing_of_theirs(visitor: Client) -> None:
    data = answers()
    visitor.post("/enquire/", data)

    other = Client().post("/enquire/", data | {"name": "Arun", "email": "arun@example.com"}, follow=True)

    assert Lead.objects.count() == 2
    assert "Kavitha" not in other.content.decode()


def test_a_corrected_form_is_one_enquiry(visitor: Client) -> None:
    data = answers(email="kavitha")
    first = visitor.post("/enquire/", data)
    assert first.status_code == 422

    visitor.post("/enquire/", data | {"email": "kavitha@example.com"})

    assert Lead.objects.count() == 1
    assert sorted(Submission.objects.values_list("outcome", flat=True)) == ["lead", "rejected"]


def test_only_the_sending_browser_sees_what_was_sent(visitor: Client) -> None:
    url = visitor.post("/enquire/", answers()).url

    page = Client().get(url).content.decode()

    assert url.split("/")[-2] in page
    assert "Kavitha" not in page
    assert "98765" not in page


def test_an_unknown_reference_is_not_found(visitor: Client) -> None:
    assert visitor.get("/enquire/thanks/ENQ-AAAA-AA/").status_code == 404


def test_the_honeypot_keeps_the_post_and_makes_no_lead(visitor: Client) -> None:
    response = visitor.post("/enquire/", answers(website="https://spam.example"), follow=True)

    assert response.status_code == 200
    assert Submission.objects.get().outcome == Submission.Outcome.SPAM
    assert not Lead.objects.exists()
    assert not Message.objects.exists()


def test_the_sixth_post_within_ten_minutes_waits_and_keeps_its_text(visitor: Client) -> None:
    for number in range(5):
        assert visitor.post("/enquire/", answers(email=f"a{number}@example.com")).status_code == 302

    response = visitor.post("/enquire/", answers(message="Please do call me"))

    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 600
    assert "Please do call me" in response.content.decode()
    assert Lead.objects.count() == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Enter your name"),
        ({"name": "x" * 121}, "Enter your name with at most 120 characters"),
        ({"name": "Win now: https://evil.example/"}, "Enter your name without a web address"),
        ({"name": "WWW.evil.example gives prizes"}, "Enter your name without a web address"),
        ({"email": ""}, "Enter your email address"),
        (
            {"email": "kavitha at example"},
            "Enter an email address in the correct format, like name@example.com",
        ),
        ({"email": "a@example.com\nBcc: b@example.com"}, "Enter an email address in the correct format"),
        ({"contact_by": ""}, "Choose how we should contact you"),
        ({"contact_by": "pigeon"}, "Choose how we should contact you"),
        ({"phone": ""}, "Enter a phone number, like 98765 43210 or +44 7700 900982"),
        ({"phone": "call me"}, "Enter a phone number, like 98765 43210 or +44 7700 900982"),
        ({"course": "no-such-course"}, "Choose a course from the list"),
        ({"course": "99999999999999999999"}, "Choose a course from the list"),
        ({"best_time": "midnight"}, "Choose a time from the list"),
        ({"message": "x" * 1_000_000}, "Shorten your message to 1,000 characters or fewer"),
    ],
)
def test_bad_input_gets_a_message_keeps_the_text_and_the_raw_post(
    visitor: Client, changes: dict[str, str], message: str
) -> None:
    response = visitor.post("/enquire/", answers(**changes))

    assert response.status_code == 422
    page = response.content.decode()
    assert message in page
    assert "There is a problem" in page
    assert "<title>Error:" in page
    if "name" not in changes:
        assert "Kavitha Selvam" in page
    assert Submission.objects.get().outcome == Submission.Outcome.REJECTED
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"name": "Kavitha\r\nSelvam"}, "Kavitha Selvam"),
        ({"name": "Kavitha\x00 Selvam"}, "Kavitha Selvam"),
        ({"name": "  கவிதா  செல்வம் "}, "கவிதா செல்வம்"),
        ({"name": "O'Neill <b>"}, "O'Neill <b>"),
        ({"message": "NUL \x00 here"}, "Kavitha Selvam"),
        ({"key": "not-a-key"}, "Kavitha Selvam"),
        ({"key": ""}, "Kavitha Selvam"),
        ({"experience_years": "many"}, "Kavitha Selvam"),
    ],
)
def test_odd_input_becomes_a_clean_record(visitor: Client, changes: dict[str, str], name: str) -> None:
    response = visitor.post("/enquire/", answers(**changes))

    assert response.status_code == 302
    lead = Lead.objects.get()
    assert lead.person.name == name
    assert "\x00" not in lead.message


def test_half_characters_and_broken_bytes_are_kept_or_refused_but_never_fail(visitor: Client) -> None:
    data = answers()
    body = "&".join(f"{name}={value}" for name, value in data.items() if name != "message")
    for bytes_typed in (b"%ED%A0%80", b"%FF%FE", b"%00", b"\xed\xa0\x80"):
        response = visitor.generic(
            "POST",
            "/enquire/",
            body.replace("@", "%40").replace(" ", "+").encode() + b"&message=" + bytes_typed,
            content_type="application/x-www-form-urlencoded",
        )
        assert response.status_code in {302, 422}
    assert Lead.objects.count() == 1
    assert all(json.loads(payload) for payload in Submission.objects.values_list("payload", flat=True))


def test_a_post_too_large_to_read_is_refused_with_a_page(visitor: Client) -> None:
    response = visitor.post("/enquire/", answers(message="x" * 6_000_000))

    assert response.status_code == 400
    assert "<h1" in response.content.decode()


PHONES = {
    "9876543210": "+919876543210",
    "98765 43210": "+919876543210",
    "98765-43210": "+919876543210",
    "098765 43210": "+919876543210",
    "+91 98765 43210": "+919876543210",
    "+91-98765-43210": "+919876543210",
    "(+91) 98765.43210": "+919876543210",
    "0091 98765 43210": "+919876543210",
    "91 98765 43210": "+919876543210",
    "९८७६५४३२१०": "+919876543210",
    "0452 253 0000": "+914522530000",
    "+44 7700 900982": "+447700900982",
    "+1 (415) 555-2671": "+14155552671",
    "+65 6123 4567": "+6561234567",
    "tel:+91-98765-43210": "+919876543210",
}


@pytest.mark.parametrize(("typed", "number"), PHONES.items())
def test_phones_are_stored_as_typed_and_as_e164(visitor: Client, typed: str, number: str) -> None:
    assert visitor.post("/enquire/", answers(phone=typed)).status_code == 302

    point = ContactPoint.objects.get(kind="phone")
    assert (point.value, point.as_typed) == (number, typed)


MORE_WAYS_TO_WRITE_A_PHONE = [
    "98765  43210",
    "9 8 7 6 5 4 3 2 1 0",
    "98765/43210",
    "98765\u201343210",
    "98765.43210",
    "(98765) 43210",
    "98765 43210 ext 5",
    "98765 43210 x5",
    "98765 43210;",
    "Call 98765 43210",
    "+91 (0) 98765 43210",
    "+919876543210",
    "+91/98765/43210",
    "00 91 98765 43210",
    "011-2345 6789",
    "044 2345 6789",
    "1800 123 4567",
    "+1-415-555-2671",
    "+1 415 555 2671",
    "415-555-2671",
    "+44 (0)7700 900982",
    "07700 900982",
    "+971 50 123 4567",
    "+61 412 345 678",
    "+49 151 23456789",
    "+33 6 12 34 56 78",
    "+81 90-1234-5678",
    "+86 138 0013 8000",
    "\u0669\u0668\u0667\u0666\u0665\u0664\u0663\u0662\u0661\u0660",
    "98765\xa043210",
    "98765\t43210",
    "98765\r\n43210",
    "98765\x0043210",
    "+9198765 43210 ",
    "\uff19\uff18\uff17\uff16\uff15\uff14\uff13\uff12\uff11\uff10",
]


@pytest.mark.parametrize("typed", MORE_WAYS_TO_WRITE_A_PHONE)
def test_a_phone_is_recorded_clean_or_refused_with_a_message(visitor: Client, typed: str) -> None:
    response = visitor.post("/enquire/", answers(phone=typed))

    point = ContactPoint.objects.filter(kind="phone").first()
    if response.status_code == 302:
        assert re.fullmatch(r"\+[1-9]\d{6,14}", point.value)
        assert "\x00" not in point.as_typed
    else:
        assert response.status_code == 422
        assert "Enter a phone number" in response.content.decode()
        assert point is None


@pytest.mark.parametrize("typed", ["12", "98765", "abcdefghij", "+", "++91", "1" * 40, "☎", "-", "+999 1"])
def test_what_is_no_phone_gets_a_message(visitor: Client, typed: str) -> None:
    response = visitor.post("/enquire/", answers(phone=typed))

    assert response.status_code == 422
    assert "Enter a phone number" in response.content.decode()


def test_a_post_cut_off_after_recording_is_settled_by_the_sweep(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(submission: Submission) -> None:
        raise SystemExit

    monkeypatch.setattr(intake, "settle", die)
    with pytest.raises(SystemExit):
        visitor.post("/enquire/", answers())
    monkeypatch.undo()
    assert not Lead.objects.exists()
    Submission.objects.update(received_at=timezone.now() - timedelta(minutes=3))

    sweep()
    sweep()

    assert Lead.objects.count() == 1
    assert Message.objects.count() == 1


def test_the_promise_skips_closed_days(visitor: Client, site: object) -> None:
    institute = InstituteSettings.objects.get()
    tomorrow = timezone.localdate() + timedelta(days=1)
    for number in range(3):
        institute.holidays.create(date=tomorrow + timedelta(days=number), name="Pongal")
    institute.save()

    visitor.post("/enquire/", answers())

    due = timezone.localdate(Lead.objects.get().answer_due_at)
    assert due not in {tomorrow + timedelta(days=number) for number in range(3)}


@pytest.mark.django_db(transaction=True)
def test_eight_simultaneous_posts_with_one_key_make_one_lead(course: SmallCourse) -> None:
    data = answers()
    replies: list[str] = []

    def send() -> None:
        try:
            replies.append(Client().post("/enquire/", data).url)
        finally:
            connections.close_all()

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(replies) == 8
    assert len(set(replies)) == 1
    assert Lead.objects.count() == Submission.objects.count() == Message.objects.count() == 1


def test_the_form_takes_few_queries(visitor: Client, django_assert_max_num_queries: object) -> None:
    visitor.get("/enquire/")
    with django_assert_max_num_queries(6):
        visitor.get("/enquire/")
    connection.queries_log.clear()
