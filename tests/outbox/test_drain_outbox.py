import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from tests.factories.outbox import MessageFactory, SuppressionFactory
from tests.outbox.test_delivery import REFUSES, UNREACHABLE

pytestmark = pytest.mark.django_db


def test_command_sends_what_is_due_and_counts(capsys) -> None:
    MessageFactory.create_batch(2)
    MessageFactory(to="asha@example.com")
    SuppressionFactory(address="asha@example.com", reason="bounced")
    call_command("drain_outbox")

    assert len(mail.outbox) == 2
    assert capsys.readouterr().out == (
        "Outbox: 2 sent, 0 to be tried again, 0 refused, 0 unclear, 1 suppressed, 0 stopped, 0 postponed; "
        "0 still due.\n"
    )


def test_command_with_nothing_to_do_succeeds(capsys) -> None:
    call_command("drain_outbox")

    assert "0 sent" in capsys.readouterr().out


def test_command_fails_when_a_message_was_refused(settings) -> None:
    settings.MAILERS = REFUSES
    MessageFactory()

    with pytest.raises(CommandError, match="1 refused"):
        call_command("drain_outbox")


def test_command_fails_when_the_server_is_unreachable(settings) -> None:
    settings.MAILERS = UNREACHABLE
    MessageFactory()

    with pytest.raises(CommandError, match=r"1 still due\. Nobody answers for: E-mail"):
        call_command("drain_outbox")
