"""Leads that other systems send, and the set-up of who may."""

import json
import re
import subprocess
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from urllib.request import Request

import pytest
import time_machine
from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from enrollment import intake
from enrollment.capture import POSTS_PER_WINDOW, secret_of, sign
from enrollment.models import CaptureSource, Consent, ContactPoint, Lead, Submission
from enrollment.tasks import sweep
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LEAD = {"name": "Kavitha Selvam", "email": "kavitha@example.com", "phone": "98765 43210"}
DOCS = Path(settings.BASE_DIR) / "docs" / "lead-api.md"


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


@pytest.fixture
def source() -> CaptureSource:
    return CaptureSource.objects.create(name="City portal", key="city-portal-7kq2m")


def send(
    source: CaptureSource,
    lead: object = LEAD,
    *,
    key: str = "first",
    secret: str | None = None,
    at: datetime | None = None,
    body: bytes | None = None,
    address: str = "/api/leads/",
    **headers: str,
) -> HttpResponse:
    """Send one lead as a source does; what is wrong on purpose is given."""
    body = json.dumps(lead).encode() if body is None else body
    timestamp = str(int((at or datetime.now(UTC)).timestamp()))
    signature = sign(secret=secret or secret_of(source), timestamp=timestamp, body=body)
    sent = {
        "X-Source": source.key,
        "X-Timestamp": timestamp,
        "X-Signature": signature,
        "Idempotency-Key": key,
    } | headers
    client = Client(enforce_csrf_checks=True)
    return client.post(address, body, content_type="application/json", headers=sent)


def test_a_signed_lead_becomes_a_lead_of_its_source(source: CaptureSource, course: SmallCourse) -> None:
    response = send(
        source,
        LEAD
        | {
            "course": "python-full-stack",
            "interest": "placement",
            "experience_years": 3,
            "consent_news": True,
            "utm_campaign": "Diwali",
            "utm_source": "portal",
        },
    )

    lead = Lead.objects.get()
    assert (response.status_code, response.json()) == (201, {"reference": lead.reference, "repeated": False})
    assert (lead.source, lead.capture_source, lead.campaign) == (Lead.Source.PARTNER, source, "Diwali")
    assert (lead.interest, lead.course, lead.details) == (
        Lead.Interest.PLACEMENT,
        course.page,
        {"experience_years": 3},
    )
    assert lead.attribution["last"]["utm_source"] == "portal"
    assert lead.contact_by == Lead.ContactBy.EMAIL
    assert Consent.objects.get().notice_version == "sent-by-source"
    assert Message.objects.get().to == "kavitha@example.com"
    submission = Submission.objects.get()
    assert (submission.form, submission.capture_source, submission.lead) == ("api", source, lead)
    source.refresh_from_db()
    assert source.last_used_at is not None


def test_a_phone_number_alone_is_enough_and_nothing_is_mailed(source: CaptureSource) -> None:
    assert send(source, {"name": "Kavitha", "phone": "98765 43210"}).status_code == 201

    lead = Lead.objects.get()
    assert lead.contact_by == Lead.ContactBy.PHONE
    assert [point.kind for point in lead.person.contact_points.all()] == [ContactPoint.Kind.PHONE]
    assert not Message.objects.exists()


def test_the_same_post_again_gets_the_same_answer_and_doubles_nothing(source: CaptureSource) -> None:
    first = send(source)

    again = [send(source, dict(reversed(LEAD.items()))) for _number in range(3)]

    wanted = {"reference": first.json()["reference"], "repeated": True}
    assert [(answer.status_code, answer.json()) for answer in again] == [(200, wanted)] * 3
    assert Lead.objects.count() == Submission.objects.count() == Message.objects.count() == 1


def test_the_same_key_with_another_lead_is_refused_and_changes_nothing(source: CaptureSource) -> None:
    send(source)

    response = send(source, LEAD | {"name": "Somebody else"})

    assert response.status_code == 409
    assert "Send a new key" in response.json()["error"]
    assert [lead.person.name for lead in Lead.objects.all()] == ["Kavitha Selvam"]
    assert sorted(Submission.objects.values_list("outcome", flat=True)) == ["lead", "rejected"]


def test_two_sources_may_use_the_same_key(source: CaptureSource) -> None:
    other = CaptureSource.objects.create(name="Fair", key="fair-23456")

    answers = [send(source), send(other, LEAD | {"name": "Mani"})]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Lead.objects.count() == 2


def test_a_refused_lead_may_be_corrected_under_its_key(source: CaptureSource) -> None:
    wrong = send(source, LEAD | {"email": "kavitha", "e_mail": "x", "skills": ["Python"]})
    again = send(source, LEAD | {"email": "kavitha", "e_mail": "x", "skills": ["Python"]})
    late = send(source, LEAD | {"email": "kavitha"})
    right = send(source)

    assert [wrong.status_code, again.status_code, late.status_code] == [422] * 3
    assert "There is no such field" in wrong.json()["fields"]["e_mail"][0]
    assert wrong.json()["fields"]["skills"] == ["Send text, a number, true or false."]
    assert late.json()["fields"] == {
        "email": ["Enter an email address in the correct format, like name@example.com"]
    }
    assert right.status_code == 201
    assert Lead.objects.count() == 1
    assert Submission.objects.filter(outcome="rejected").count() == 2


@pytest.mark.parametrize(
    ("lead", "field"),
    [
        ({"email": "kavitha@example.com"}, "name"),
        ({"name": "Kavitha"}, "phone"),
        (LEAD | {"course": "no-such-course"}, "course"),
        (LEAD | {"under_18": True}, "guardian_name"),
        (LEAD | {"contact_by": "pigeon"}, "contact_by"),
        ({"name": "Kavitha", "phone": "98765 43210", "contact_by": "email"}, "email"),
    ],
)
def test_each_wrong_field_is_named_and_the_post_is_kept(
    source: CaptureSource, lead: dict, field: str
) -> None:
    response = send(source, lead)

    assert response.status_code == 422
    assert field in response.json()["fields"]
    assert Submission.objects.get().outcome == Submission.Outcome.REJECTED
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"X-Signature": "sha256=" + "0" * 64}, 401, "signature"),
        ({"X-Signature": ""}, 401, "signature"),
        ({"X-Signature": "sha256=é"}, 401, "signature"),
        ({"X-Source": "nobody"}, 401, "signature"),
        ({"X-Source": ""}, 401, "signature"),
        ({"X-Timestamp": "soon"}, 401, "Unix seconds"),
        ({"X-Timestamp": "9" * 400}, 401, "Unix seconds"),
        ({"Idempotency-Key": ""}, 400, "Idempotency-Key"),
        ({"Idempotency-Key": "k" * 101}, 400, "Idempotency-Key"),
    ],
)
def test_a_wrong_header_says_what_to_do(
    source: CaptureSource, changes: dict[str, str], status: int, said: str
) -> None:
    response = send(source, **changes)

    assert response.status_code == status
    assert said in response.json()["error"]
    assert secret_of(source) not in response.content.decode()
    assert not Submission.objects.exists()


def test_nobody_can_tell_an_unknown_source_from_a_wrong_secret(source: CaptureSource) -> None:
    unknown = send(CaptureSource(pk=source.pk + 1, name="?", key="nobody", secret_number=1))
    wrong = send(source, secret="wrong")

    assert unknown.content == wrong.content


@pytest.mark.parametrize("tampered", ["body", "timestamp"])
def test_what_was_changed_on_the_way_is_refused(source: CaptureSource, tampered: str) -> None:
    now = datetime.now(UTC)
    body = json.dumps(LEAD).encode()
    good = sign(secret=secret_of(source), timestamp=str(int(now.timestamp())), body=body)
    if tampered == "body":
        response = send(source, body=body.replace(b"kavitha@", b"attacker@"), at=now, **{"X-Signature": good})
    else:
        response = send(source, body=body, at=now - timedelta(seconds=60), **{"X-Signature": good})

    assert response.status_code == 401
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 201), (299, 201), (301, 401)])
def test_a_recording_can_be_played_for_five_minutes_only(
    source: CaptureSource, seconds: int, status: int
) -> None:
    with time_machine.travel(NOW, tick=False):
        response = send(source, at=NOW + timedelta(seconds=seconds))

    assert response.status_code == status
    if status == 401:
        assert str(int(NOW.timestamp())) in response.json()["error"]


def test_a_recording_under_another_key_makes_no_second_lead(source: CaptureSource) -> None:
    nobody_known = {"name": "Kavitha", "phone": "98765 43210"}
    with time_machine.travel(NOW, tick=False):
        taken = send(source, nobody_known, key="first")
        replayed = send(source, nobody_known, key="second")
        again = send(source, nobody_known, key="first")

    assert (taken.status_code, again.status_code) == (201, 200)
    assert replayed.status_code == 409
    assert "Idempotency-Key" in replayed.json()["error"]
    assert Lead.objects.count() == Submission.objects.count() == 1


def test_a_source_that_is_switched_off_is_told_so(source: CaptureSource) -> None:
    CaptureSource.objects.update(is_active=False)

    refused = send(source)
    assert refused.status_code == 403
    assert "switched off" in refused.json()["error"]
    assert send(source, secret="wrong").status_code == 401
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b" ", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 60_000, 400),
        (b"{" + b" " * (64 * 1024) + b"}", 413),
        (json.dumps(LEAD | {"message": "\ud800 \x00"}).encode(), 201),
    ],
)
def test_any_body_gets_an_answer_in_json(source: CaptureSource, body: bytes, status: int) -> None:
    response = send(source, body=body)

    assert response.status_code == status
    assert response.json()


def test_other_methods_types_and_spellings_never_redirect(source: CaptureSource, visitor: Client) -> None:
    got = visitor.get("/api/leads/")
    form = visitor.post("/api/leads/", {"name": "Kavitha"})
    bare = send(source, address="/api/leads")

    assert (got.status_code, got.headers["Allow"]) == (405, "POST")
    assert form.status_code == 415
    assert bare.status_code == 201
    assert bare.json()["reference"] == Lead.objects.get().reference


def test_each_source_has_its_own_limit(source: CaptureSource, monkeypatch: pytest.MonkeyPatch) -> None:
    other = CaptureSource.objects.create(name="Fair", key="fair-23456")
    monkeypatch.setattr("enrollment.capture.POSTS_PER_WINDOW", 2)
    assert POSTS_PER_WINDOW == 600

    with time_machine.travel(NOW, tick=False):
        answers = [send(source, LEAD | {"name": f"Kavitha {key}"}, key=key) for key in "abc"]
        elsewhere = send(other)

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].headers["Retry-After"] == "600"
    assert elsewhere.status_code == 201


def test_an_older_secret_key_of_the_site_still_counts(
    source: CaptureSource, settings: SimpleNamespace
) -> None:
    before = secret_of(source)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" * 8

    assert secret_of(source) != before
    assert send(source, secret=before).status_code == 201
    assert send(source, LEAD | {"name": "Mani"}, key="second").status_code == 201


def test_a_post_that_died_before_it_was_settled_becomes_a_lead(
    source: CaptureSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(submission: Submission) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(intake, "settle", die)
        with pytest.raises(KeyboardInterrupt):
            send(source)
    assert not Lead.objects.exists()

    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=3)):
        sweep()

    lead = Lead.objects.get()
    assert (lead.source, lead.capture_source) == (Lead.Source.PARTNER, source)
    assert send(source).json() == {"reference": lead.reference, "repeated": True}


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_once_make_one_lead(source: CaptureSource) -> None:
    answers: list[HttpResponse] = []

    def post() -> None:
        answers.append(send(source))
        connections.close_all()

    threads = [Thread(target=post) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert Lead.objects.count() == Submission.objects.count() == Message.objects.count() == 1


def _example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    return found[1]


def test_the_documented_python_signs_rightly(source: CaptureSource) -> None:
    names: dict[str, Callable[..., Request]] = {}
    exec(_example("python"), names)  # noqa: S102 - the example is ours
    request = names["lead_request"](
        "http://testserver/api/leads/", source.key, secret_of(source), LEAD, str(uuid.uuid4())
    )

    response = Client().post(
        "/api/leads/",
        request.data,
        content_type=request.headers.pop("Content-type"),
        headers=dict(request.headers),
    )

    assert response.status_code == 201
    assert response.json()["reference"] == Lead.objects.get(capture_source=source).reference


def test_the_documented_curl_signs_rightly(source: CaptureSource, tmp_path: Path) -> None:
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    variables = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "SECRET": secret_of(source),
        "SOURCE": source.key,
        "KEY": "from-curl",
        "SITE": "http://testserver",
    }
    done = subprocess.run(
        ["/bin/sh", "-c", _example("sh")], env=variables, capture_output=True, text=True, check=True
    )
    words = done.stdout.splitlines()
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    body = words[words.index("--data-binary") + 1]

    response = Client().post("/api/leads/", body, content_type=headers.pop("Content-Type"), headers=headers)

    assert response.status_code == 201
    assert Lead.objects.get().person.name == "Kavitha Selvam"


def test_a_new_source_shows_its_secret_once(admissions_lead: User) -> None:
    manager = signed_in(admissions_lead)

    made = manager.post("/cms/leads/sources/add/", {"name": "City portal", "is_active": "on"})

    source = CaptureSource.objects.get()
    assert re.fullmatch(r"city-portal-[2-9a-z]{5}", source.key)
    assert made.url == f"/cms/leads/sources/{source.pk}/sending/"
    assert secret_of(source) in manager.get(made.url).content.decode()
    later = manager.get(made.url).content.decode()
    assert secret_of(source) not in later
    assert source.key in later
    assert send(source).status_code == 201
    listed = manager.get("/cms/leads/sources/").content.decode()
    assert "City portal" in listed
    assert secret_of(source) not in listed


def test_renewing_ends_the_old_secret_once(source: CaptureSource, admissions_lead: User) -> None:
    manager = signed_in(admissions_lead)
    before = secret_of(source)
    page = manager.get(f"/cms/leads/sources/{source.pk}/renew/")
    assert "ends at once" in page.content.decode()
    assert send(source, secret=before).status_code == 201

    shown = manager.post(f"/cms/leads/sources/{source.pk}/renew/", {"shown": "1"}, follow=True)
    again = manager.post(f"/cms/leads/sources/{source.pk}/renew/", {"shown": "1"}, follow=True)

    source.refresh_from_db()
    assert source.secret_number == 2
    assert secret_of(source) in shown.content.decode()
    assert "Somebody renewed this secret meanwhile" in again.content.decode()
    assert send(source, secret=before, key="second").status_code == 401
    assert send(source, LEAD | {"name": "Mani"}, key="second").status_code == 201


def test_switching_off_in_the_cms_refuses_at_once_and_nothing_is_deleted(
    source: CaptureSource, admissions_lead: User, admissions: User
) -> None:
    address = f"/cms/leads/sources/edit/{source.pk}/"
    assert signed_in(admissions).post(address, {"name": source.name}).url == "/cms/"
    assert send(source).status_code == 201

    signed_in(admissions_lead).post(address, {"name": source.name})
    assert send(source, key="second").status_code == 403

    refused = signed_in(admissions_lead).post(f"/cms/leads/sources/delete/{source.pk}/")
    assert refused.url == "/cms/"
    assert CaptureSource.objects.filter(pk=source.pk).exists()
