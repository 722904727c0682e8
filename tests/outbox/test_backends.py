import pytest
from django.core.mail import EmailMessage, mailers

from outbox.backends import EmlFileBackend, SmtpBackend
from outbox.errors import NotHandedOver


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
