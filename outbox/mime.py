"""A queued message as an e-mail."""

import re
from html import escape

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from outbox.models import Message

_PLACEHOLDER = re.compile(r"\[\[(\w+)\]\]")


def build_email(message: Message) -> EmailMultiAlternatives:
    """Return the mail as it leaves, with private values. Raises ValueError for a header it can't carry."""
    answers = message.purpose == Message.Purpose.ACKNOWLEDGEMENT
    email = EmailMultiAlternatives(
        subject=message.subject,
        body=_fill(message.text, message.private),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-replied" if answers else "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        },
    )
    if message.html:
        shown = {name: escape(value) for name, value in message.private.items()}
        email.attach_alternative(_fill(message.html, shown), "text/html")
    return email


def _fill(text: str, values: dict[str, str]) -> str:
    """Replace each [[name]] that has a value, in one pass: what a value contains is never replaced."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
