"""The daily count of form posts, and what comes of posts that made no lead."""

import csv
import uuid
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs
from wagtail.users.models import UserProfile

from accounts.models import User
from enrollment import intake, privacy
from enrollment.models import CaptureSource, ContactClick, DataAccess, Lead, Submission
from enrollment.tasks import reconcile, sweep
from outbox.delivery import drain
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.enrollment.test_capture import send
from tests.factories.enrollment import SubmissionFactory

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def enquire(**changes: str) -> None:
    data = {"name": "Kavitha Selvam", "email": "kavitha@example.com", "contact_by": "email"}
    Client().post("/enquire/", data | {"key": str(uuid.uuid4())} | changes)


def counted(client: Client) -> list[dict[str, str]]:
    """Return the rows of the downloaded table."""
    address = "/cms/leads/reconciliation/?first=2026-11-20&last=2026-11-21&export=csv"
    text = b"".join(client.get(address).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text)))


def test_a_mixed_day_comes_out_even(
    manager: Client, admissions: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(submission: Submission) -> None:
        raise KeyboardInterrupt

    with time_machine.travel(DAY, tick=False):
        enquire()
        enquire(message="Asked again")
        enquire(name="Robot", website="https://spam.example")
        enquire(email="")
        source = CaptureSource.objects.create(name="City portal", key="city-portal-7kq2m")
        assert send(source, key="one", at=DAY).status_code == 201
        assert send(source, key="one", at=DAY).status_code == 200
        assert send(source, {"name": "?"}, key="two", at=DAY).status_code == 422
        signed_in(admissions).post(
            "/cms/leads/new/", {"name": "Mani", "phone": "98765 43210", "source": "walk-in"}
        )
        cache.clear()
        with monkeypatch.context() as patched:
            patched.setattr(intake, "settle", die)
            for name in ("Killed One", "Killed Two"):
                with pytest.raises(KeyboardInterrupt):
                    Client(raise_request_exception=True).post(
                        "/placement/",
                        {
                            "name": name,
                            "email": f"{name[-3:]}@example.com",
                            "contact_by": "email",
                            "status": "graduate",
                            "key": str(uuid.uuid4()),
                        },
                    )

    columns = ("Form", "Posts", "Leads", "Added to known leads", "Spam", "Not valid", "Waiting", "Difference")
    before = [tuple(row[name] for name in columns) for row in counted(manager)]
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        sweep()
    after = [tuple(row[name] for name in columns) for row in counted(manager)]

    others = [
        ("From another system", "2", "0", "1", "0", "1", "0", "0"),
        ("Written down at the desk", "1", "1", "0", "0", "0", "0", "0"),
        ("Enquiry", "4", "1", "1", "1", "1", "0", "0"),
    ]
    assert before == [*others, ("Placement enquiry", "2", "0", "0", "0", "0", "2", "0")]
    assert after == [*others, ("Placement enquiry", "2", "2", "0", "0", "0", "0", "0")]


def test_a_lost_lead_is_marked_named_and_told_once_a_night(manager: Client, admissions_lead: User) -> None:
    with time_machine.travel(DAY, tick=False):
        lost = SubmissionFactory(outcome=Submission.Outcome.LEAD, payload='{"name": ["Lost"]}')
        enquire()

    page = manager.get("/cms/leads/reconciliation/?first=2026-11-20&last=2026-11-20").content.decode()
    assert "Some posts are unaccounted for" in page
    assert f"/cms/leads/reconciliation/posts/{lost.reference}/" in page

    with time_machine.travel(DAY + timedelta(days=1), tick=False), capture_logs() as logs:
        reconcile()
        reconcile()
        drain()

    assert {"posts_unaccounted_for"} <= {entry["event"] for entry in logs}
    notices = [sent for sent in mail.outbox if "unaccounted" in sent.subject]
    assert [notice.to for notice in notices] == [[admissions_lead.email]]
    assert lost.reference in notices[0].body


def test_an_even_week_writes_to_nobody(manager: Client) -> None:
    with time_machine.travel(DAY, tick=False):
        enquire()
        enquire(website="spam")
    with time_machine.travel(DAY + timedelta(days=1), tick=False):
        reconcile()

    assert not Message.objects.filter(purpose=Message.Purpose.NOTICE).exists()


def test_a_purged_persons_post_still_counts(manager: Client, admin: User) -> None:
    with time_machine.travel(DAY, tick=False):
        enquire()
    person = Lead.objects.get().person
    privacy.erase(person=person, actor=admin)
    person.refresh_from_db()
    with time_machine.travel(datetime.combine(person.purge_on + timedelta(days=1), DAY.timetz())):
        privacy.purge_due()

    row = counted(manager)[0]

    assert Submission.objects.get().payload == "{}"
    assert (row["Posts"], row["Leads"], row["Difference"]) == ("1", "1", "0")


def test_a_day_is_the_institutes_whatever_the_staffs_clock_says(
    manager: Client, admissions_lead: User
) -> None:
    profile = UserProfile.get_for_user(admissions_lead)
    profile.current_time_zone = "America/Los_Angeles"
    profile.save()
    with time_machine.travel(datetime(2026, 11, 19, 19, 0, tzinfo=UTC), tick=False):
        enquire()

    assert [row["Day"] for row in counted(manager)] == ["2026-11-20"]


def test_unused_posts_are_listed_with_their_senders_hidden(manager: Client) -> None:
    enquire(email="not an address", phone="98765 43210")
    enquire(name="Robot Seller", email="robot@spam.example", website="https://spam.example")

    page = manager.get("/cms/leads/reconciliation/posts/").content.decode()

    assert "This was no spam" in page
    assert "K… S…" in page
    assert "…210" in page
    for hidden in ("Kavitha", "Selvam", "98765 43210", "robot@", "Seller"):
        assert hidden not in page
    assert not DataAccess.objects.exists()


def test_a_refused_post_that_was_sent_again_names_its_lead(manager: Client) -> None:
    enquire(contact_by="")
    enquire()

    page = manager.get("/cms/leads/reconciliation/posts/").content.decode()

    assert "Probably sent again:" in page
    assert Lead.objects.get().reference in page


def test_the_list_of_unused_posts_costs_the_same_however_many(
    manager: Client,
) -> None:
    counts = []
    for number in (1, 3):
        while Submission.objects.count() < number:
            enquire(
                email=f"bad {Submission.objects.count()}", phone=f"98765 4321{Submission.objects.count()}"
            )
        manager.get("/cms/leads/reconciliation/posts/")
        with CaptureQueriesContext(connection) as queries:
            manager.get("/cms/leads/reconciliation/posts/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_spam_that_was_none_becomes_a_lead_and_the_day_stays_even(
    manager: Client, admissions_lead: User
) -> None:
    with time_machine.travel(DAY, tick=False):
        enquire(website="filled in by a helper program")
    submission = Submission.objects.get()
    address = f"/cms/leads/reconciliation/posts/{submission.reference}/"

    page = manager.get(address).content.decode()
    assert "kavitha@example.com" in page
    access = DataAccess.objects.get()
    assert (access.actor, access.kind, access.query) == (admissions_lead, "posts", submission.reference)

    for _number in range(2):
        manager.post(address, {"name": "Kavitha Selvam", "email": "kavitha@example.com"})

    lead = Lead.objects.get()
    assert lead.reference == submission.reference
    note = lead.events.get(kind="note")
    assert (note.text, note.actor) == ("Taken by hand, was: Spam", admissions_lead)
    row = counted(manager)[0]
    assert (row["Leads"], row["Spam"], row["Difference"]) == ("1", "0", "0")


def test_a_refused_post_needs_only_one_way_to_reach_the_person(manager: Client) -> None:
    enquire(email="", phone="98765 43210")
    address = f"/cms/leads/reconciliation/posts/{Submission.objects.get().reference}/"
    assert "Enter your email address" in manager.get(address).content.decode()

    refused = manager.post(address, {"name": "Kavitha Selvam", "message": "typed"})
    assert refused.status_code == 422
    assert "typed" in refused.content.decode()

    manager.post(address, {"name": "Kavitha Selvam", "phone": "98765 43210"})

    assert Lead.objects.get().person.contact_points.get().value == "+919876543210"


def test_presses_stand_beside_the_posts_and_can_be_downloaded(manager: Client) -> None:
    ContactClick.objects.create(day=date(2026, 11, 20), channel="call", page="/courses/", count=3)
    ContactClick.objects.create(day=date(2026, 11, 21), channel="whatsapp", page="/courses/", count=2)
    ContactClick.objects.create(day=date(2026, 11, 22), channel="call", page="/", count=9)
    query = "?first=2026-11-20&last=2026-11-21"

    page = manager.get(f"/cms/leads/reconciliation/{query}").content.decode()
    download = manager.get(f"/cms/leads/reconciliation/{query}&table=clicks&export=csv")

    assert '<th scope="row">/courses/</th><td>3</td><td>2</td>' in page
    lines = b"".join(download.streaming_content).decode("utf-8-sig").split()  # type: ignore[attr-defined]
    assert lines == ["Page,Call,WhatsApp", "/courses/,3,2"]


@pytest.mark.parametrize(
    "query", ["first=x&last=y", "first=2026-11-21&last=2026-11-20", "first=2020-01-01&last=2026-01-01"]
)
def test_a_period_that_can_not_be_is_said(manager: Client, query: str) -> None:
    response = manager.get(f"/cms/leads/reconciliation/?{query}")

    assert response.status_code == 422
    assert 'class="error-message"' in response.content.decode()
