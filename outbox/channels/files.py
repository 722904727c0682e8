"""Messages as files to read, where nobody shall be written to."""

import json
import os
import re
from pathlib import Path

from outbox.errors import NotHandedOver, Unreachable
from outbox.models import Message


class FileWay:
    """Writes each message into a folder, named by its key; sending it again replaces the file."""

    keeps_keys = True

    def __init__(self, *, folder: str) -> None:
        self.folder = Path(folder)

    def open(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable(type(error).__name__) from error

    def send(self, message: Message) -> str:
        name = f"{message.channel}-{re.sub(r'[^\w.@-]', '_', message.key)}"
        unfinished = self.folder / f".{name}.{os.getpid()}"
        try:
            unfinished.write_text(_as_text(message))
            unfinished.replace(self.folder / f"{name}.txt")  # in one step: no reader sees half of it
        except OSError as error:
            raise NotHandedOver(type(error).__name__) from error
        return name

    def close(self) -> None:
        pass


def _as_text(message: Message) -> str:
    head = [f"To: {message.to}", f"Channel: {message.get_channel_display()}", f"Key: {message.key}"]
    if message.content:
        head.append(f"Content: {json.dumps(message.content, ensure_ascii=False)}")
    return "\n".join(head) + f"\n\n{message.text}\n"
