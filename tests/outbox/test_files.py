"""WhatsApp messages and SMS as files, where nobody shall be written to."""

from pathlib import Path

import pytest
from pytest_django import Settings

from outbox.channels import is_configured, make_way
from outbox.channels.files import FileWay
from outbox.errors import NotHandedOver, Unreachable
from outbox.models import Channel, Message


def message(text: str = "வணக்கம் மீனா") -> Message:
    return Message(
        channel=Channel.WHATSAPP,
        key="run:1:2:whatsapp",
        to="+919876543210",
        text=text,
        content={"template": "hello", "parameters": ["மீனா"]},
    )


def test_a_message_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    way = FileWay(folder=str(tmp_path / "messages"))
    way.open()

    way.send(message())

    (file,) = (tmp_path / "messages").iterdir()
    assert file.name == "whatsapp-run_1_2_whatsapp.txt"
    assert file.read_text().startswith("To: +919876543210\nChannel: WhatsApp\n")
    assert '"மீனா"' in file.read_text()
    assert file.read_text().endswith("\n\nவணக்கம் மீனா\n")


def test_sending_again_replaces_the_file(tmp_path: Path) -> None:
    way = FileWay(folder=str(tmp_path))

    way.send(message("first"))
    way.send(message("second"))

    (file,) = tmp_path.iterdir()
    assert file.read_text().endswith("second\n")


def test_a_folder_that_cannot_be_made_costs_no_attempt(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    way = FileWay(folder=str(tmp_path / "file" / "messages"))

    with pytest.raises(Unreachable):
        way.open()
    with pytest.raises(NotHandedOver):
        way.send(message())


def test_settings_say_what_carries_a_channel(settings: Settings, tmp_path: Path) -> None:
    way = {"WAY": "outbox.channels.files.FileWay", "OPTIONS": {"folder": str(tmp_path)}}
    settings.OUTBOX_WAYS = {"sms": way}

    assert isinstance(make_way(Channel.SMS), FileWay)
    assert is_configured(Channel.SMS)
    assert not is_configured(Channel.WHATSAPP)
