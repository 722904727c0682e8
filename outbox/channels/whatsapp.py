"""WhatsApp, by the Business Cloud API."""

from typing import Any

from requests import HTTPError, Response

from outbox.channels.http import Gateway, json_of, our_fault, throttled
from outbox.errors import Refused, UnsendableMessage
from outbox.models import Message
from outbox.storable import storable

LONGEST_TEXT = 4096
_PAUSES = {4: 60, 80007: 60, 130429: 30, 131048: 600, 131056: 10}
"""Codes that say "too much", and seconds to pause where the answer names none."""
_OUR_FAULT = {0, 3, 10, 190, 368, 131005, 131031, 131042, 131045, 131057, 133010}
"""Codes about the token, its rights, the account or the sending number."""
_NO_SUCH_NUMBER_OF_OURS = 33
NOT_ON_WHATSAPP = 131026
WANTS_NO_OFFERS = 131050
"""The person told WhatsApp that they want no marketing messages from us."""


class WhatsAppWay:
    """Sends approved templates, or plain text while a person's 24-hour window is open."""

    keeps_keys = False

    def __init__(self, *, api: str, phone_id: str, token: str) -> None:
        self._gateway = Gateway(address=f"{api}/{phone_id}/messages", token=token)

    def open(self) -> None:
        self._gateway.open()

    def close(self) -> None:
        self._gateway.close()

    def send(self, message: Message) -> str:
        """Hand one message over and return its wamid."""
        answer = self._gateway.post(_body(message))
        if 200 <= answer.status_code < 300:
            return _wamid(answer)
        raise _meaning(answer)


def _body(message: Message) -> dict[str, Any]:
    if message.private:
        raise UnsendableMessage("private values: only e-mail carries them.")
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.to,
        # Comes back with each report, so that a message whose answer was lost is recognised.
        "biz_opaque_callback_data": message.message_id,
        **(_template(message.content) if "template" in message.content else _text(message)),
    }


def _template(content: dict[str, Any]) -> dict[str, Any]:
    # The API takes no line breaks and no runs of blanks in what fills a template.
    parameters = [{"type": "text", "text": " ".join(str(each).split())} for each in content["parameters"]]
    components = [{"type": "body", "parameters": parameters}] if parameters else []
    language = {"code": content["language"]}
    return {
        "type": "template",
        "template": {"name": content["template"], "language": language, "components": components},
    }


def _text(message: Message) -> dict[str, Any]:
    if not message.content.get("session"):
        raise UnsendableMessage("content: WhatsApp needs an approved template or an open conversation.")
    if len(message.text) > LONGEST_TEXT:
        raise UnsendableMessage(f"text: WhatsApp carries {LONGEST_TEXT} characters.")
    return {"type": "text", "text": {"preview_url": False, "body": message.text}}


def _wamid(answer: Response) -> str:
    """Return the id of a message that was taken; empty when the answer can't be read."""
    match json_of(answer).get("messages"):
        case [{"id": str(wamid)}, *_]:
            return storable(wamid)
    return ""


def _meaning(answer: Response) -> Exception:
    """Return what an answer other than "taken" means for the message."""
    told = json_of(answer).get("error")
    error = told if isinstance(told, dict) else {}
    code: Any = error.get("code", "")
    if not isinstance(code, int | str):
        code = ""
    text = f"{code} {error.get('message', '')}".strip() or f"HTTP {answer.status_code}"
    if answer.status_code == 429 or code in _PAUSES:
        return throttled(answer, text, pause=_PAUSES.get(code, 30))
    if answer.status_code >= 500:
        return HTTPError(f"The provider answered {answer.status_code}.")  # it may have taken the message
    if _is_our_fault(answer.status_code, code, error.get("error_subcode")):
        return our_fault("whatsapp", answer, code=code)
    return Refused(text, address_is_dead=code == NOT_ON_WHATSAPP)


def _is_our_fault(status: int, code: object, subcode: object) -> bool:
    """Whether the token, the account or the address of the API is wrong, not this message."""
    if status in {401, 403} or code in _OUR_FAULT or subcode == _NO_SUCH_NUMBER_OF_OURS:
        return True
    if isinstance(code, int):  # a template that doesn't exist is a 404 too, with a code of its own
        return 200 <= code < 300
    return status == 404 or status < 400
