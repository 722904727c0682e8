import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives, mailers, send_mail

from outbox import backends
from outbox.backends import (
    ACCEPT_TIMEOUT,
    BEGIN_TIMEOUT,
    CONNECT_TIMEOUT,
    EmlFileBackend,
    QueueBackend,
    SmtpBackend,
)
from outbox.errors import NotHandedOver, UnsendableMessage
from outbox.models import Message
from outbox.settling import SEND_LEASE
from tests.faults.conftest import sink

__all__ = ["sink"]


def test_file_is_named_after_the_message_and_replaced_by_a_second_sending(tmp_path) -> None:
    backend = EmlFileBackend(alias="default", file_path=str(tmp_path / "mail"))
    for body in ("first", "second"):
        backend.send_messages(
            [EmailMessage("Hello", body, to=["a@example.com"], headers={"Message-ID": "<x1@example.com>"})]
        )

    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "x1@example.com.eml"
    assert "second" in file.read_text()


def test_strange_message_id_stays_inside_the_folder(tmp_path) -> None:
    backend = EmlFileBackend(alias="default", file_path=str(tmp_path / "mail"))
    backend.send_messages(
        [EmailMessage("Hello", "", to=["a@example.com"], headers={"Message-ID": "<../../etc/x@example.com>"})]
    )

    assert [file.name for file in (tmp_path / "mail").iterdir()] == [".._.._etc_x@example.com.eml"]


def test_unwritable_folder_means_that_nothing_left(tmp_path) -> None:
    backend = EmlFileBackend(alias="default", file_path=str(tmp_path / "mail"))
    backend.open()
    (tmp_path / "mail" / "x1@example.com.eml").mkdir()

    with pytest.raises(NotHandedOver):
        backend.send_messages(
            [EmailMessage("Hello", "", to=["a@example.com"], headers={"Message-ID": "<x1@example.com>"})]
        )


@pytest.mark.parametrize(
    ("address", "backend"),
    [
        ("file:///tmp/mail", EmlFileBackend),
        ("smtp://127.0.0.1:25", SmtpBackend),
        ("smtps://a:b@c", SmtpBackend),
    ],
)
def test_email_url_chooses_the_back_end(address, backend, settings, monkeypatch) -> None:
    from lms import env

    monkeypatch.setenv("EMAIL_URL", address)
    settings.MAILERS = {"default": env.mailer()}

    assert type(mailers["default"]) is backend


@pytest.mark.django_db
def test_what_django_sends_by_itself_waits_in_the_outbox(settings) -> None:
    settings.MAILERS = settings.MAILERS | {"default": {"BACKEND": "outbox.backends.QueueBackend"}}

    send_mail(
        "Review wanted",
        "Please read.",
        None,
        ["Reviewer <reviewer@example.com>", "second@example.com"],
        html_message="<p>Please read.</p>",
    )

    assert mail.outbox == []
    queued = Message.objects.order_by("pk")
    assert [message.to for message in queued] == ["reviewer@example.com", "second@example.com"]
    assert {(m.subject, m.text, m.html, m.purpose) for m in queued} == {
        ("Review wanted", "Please read.", "<p>Please read.</p>", Message.Purpose.NOTICE)
    }


@pytest.mark.django_db
def test_a_mail_with_an_attachment_is_refused_rather_than_sent_without_it() -> None:
    message = EmailMessage(
        "Hello", "See attached.", to=["a@example.com"], attachments=[("a.txt", "a", "text/plain")]
    )

    with pytest.raises(UnsendableMessage):
        QueueBackend(alias="default").send_messages([message])


def test_server_without_a_timeout_in_the_settings_gets_one(sink, settings) -> None:
    options = settings.MAILERS["delivery"]["OPTIONS"]
    settings.MAILERS = {
        "delivery": {
            "BACKEND": "outbox.backends.SmtpBackend",
            "OPTIONS": {"host": options["host"], "port": options["port"]},
        }
    }
    mailers["delivery"].send_messages([EmailMessage("Hello", "Text", to=["a@example.com"])])

    assert len(sink.mails) == 1
    assert mailers["delivery"].timeout == CONNECT_TIMEOUT


def test_one_hand_over_ends_before_its_lease() -> None:
    assert SEND_LEASE.total_seconds() >= BEGIN_TIMEOUT + ACCEPT_TIMEOUT + 5


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("asha@example.com", "asha@example.com"),
        ("Osiz Labs admissions <admissions@example.com>", "admissions@example.com"),
        ("Osiz Labs, Chennai <admissions@bücher.example>", None),
        ("asha@bücher.example", "asha@xn--bcher-kva.example"),
        ("o'neill+x@example.com", "o'neill+x@example.com"),
    ],
)
def test_address_on_the_envelope_is_bare(written, bare) -> None:
    backend = SmtpBackend(alias="delivery", host="127.0.0.1")
    if bare:
        assert backend.prep_address(written) == bare
    else:
        with pytest.raises(ValueError, match="Invalid address"):
            backend.prep_address(written)


def test_mails_with_html_arrive_whole_whatever_they_quote(sink) -> None:
    for body in ("Plain", f"Quotes --{backends._BOUNDARY}--\nand goes on"):
        email = EmailMultiAlternatives("Hello", body, to=["a@example.com"])
        email.attach_alternative(f"<p>{body}</p>", "text/html")
        mailers["delivery"].send_messages([email])

    for mail_, body in zip(sink.mails, ("Plain", "and goes on"), strict=True):
        text, html = mail_.get_payload()
        assert text.get_payload(decode=True).decode().strip().endswith(body)
        assert html.get_payload(decode=True).decode().strip().endswith(f"{body}</p>")
