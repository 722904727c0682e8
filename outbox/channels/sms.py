"""SMS, by an HTTP gateway. What a gateway has to understand is written down in docs/operations.md."""

from requests import HTTPError, Response

from outbox.channels.dlt import is_unicode
from outbox.channels.http import Gateway, json_of, our_fault, throttled
from outbox.errors import Refused, UnsendableMessage
from outbox.models import Message
from outbox.storable import storable

_DEAD = {"invalid_number", "unknown_number"}
"""What a gateway calls a number that doesn't exist."""


class SmsWay:
    """Sends texts that are registered for DLT; our key tells a second request from a first."""

    def __init__(self, *, address: str, token: str, entity_id: str, header: str, keeps_keys: bool) -> None:
        self.keeps_keys = keeps_keys
        self._gateway = Gateway(address=address, token=token)
        self._entity_id = entity_id
        self._header = header

    def open(self) -> None:
        self._gateway.open()

    def close(self) -> None:
        self._gateway.close()

    def send(self, message: Message) -> str:
        """Hand one message over and return the gateway's id of it."""
        if message.private:
            raise UnsendableMessage("private values: only e-mail carries them.")
        if not message.content.get("template"):
            raise UnsendableMessage("content: an SMS needs the id of its registered template.")
        answer = self._gateway.post(
            {
                "to": message.to,
                "text": message.text,
                "unicode": is_unicode(message.text),
                "sender": message.content.get("header") or self._header,
                "entity_id": self._entity_id,
                "template_id": message.content["template"],
                "reference": message.key,
            },
            headers={"Idempotency-Key": message.key},
        )
        if 200 <= answer.status_code < 300:
            return storable(str(json_of(answer).get("id") or ""))[:200]
        raise _meaning(answer)


def _meaning(answer: Response) -> Exception:
    """Return what an answer other than "taken" means for the message."""
    error = json_of(answer).get("error")
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    text = f"{answer.status_code} {code}".strip()
    if answer.status_code == 429:
        return throttled(answer, text)
    if answer.status_code >= 500:
        return HTTPError(f"The gateway answered {answer.status_code}.")  # it may have taken the message
    if answer.status_code in {401, 402, 403, 404, 405} or answer.status_code < 400:
        return our_fault("sms", answer, code=code)
    return Refused(text, address_is_dead=code in _DEAD)
