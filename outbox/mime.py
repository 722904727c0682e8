"""A queued message as an e-mail."""

import re
from email.policy import Policy
from html import escape

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from outbox.models import Message
from outbox.unsubscribing import unsubscribe_url

UNSUBSCRIBE_URL = "unsubscribe_url"
"""Name of the place in a text that the receiver's own link comes in."""
_END = re.compile(r"</body>|\Z", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\[\[(\w+)\]\]")


class Whole(str):
    """A header whose value leaves in one piece: folded or encoded, a long address is none any more."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> "Whole":
        header = super().__new__(cls, value)
        header.name = name
        return header

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # str takes one
        """Let it be copied, as Django's mail for tests is."""
        return self.name, str(self)

    def fold(self, *, policy: Policy) -> str:
        """Return the header's line."""
        return f"{self.name}: {self}{policy.linesep}"


def build_email(message: Message) -> EmailMultiAlternatives:
    """Return the mail as it leaves, with private values. Raises ValueError for a header it can't carry.

    What nobody asked for by itself carries the receiver's own link to unsubscribe, which is kept nowhere.
    """
    answers = message.purpose == Message.Purpose.ACKNOWLEDGEMENT
    text, html, values, headers = message.text, message.html, message.private, {}
    if message.purpose == Message.Purpose.MARKETING:
        address = unsubscribe_url(message)
        text, html = _with_link(text, html)
        values = {**values, UNSUBSCRIBE_URL: address}
        headers = _unsubscribe_headers(address)
    email = EmailMultiAlternatives(
        subject=message.subject,
        body=_fill(text, values),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-replied" if answers else "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            **headers,
        },
    )
    if html:
        shown = {name: escape(value) for name, value in values.items()}
        email.attach_alternative(_fill(html, shown), "text/html")
    return email


def _unsubscribe_headers(address: str) -> dict[str, str]:
    """Return what lets a mail program unsubscribe with one press (RFC 8058)."""
    return {
        "List-Unsubscribe": Whole("List-Unsubscribe", f"<{address}>"),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _with_link(text: str, html: str) -> tuple[str, str]:
    """Return both parts with a place for the link, at the end where the text has none of its own."""
    place = f"[[{UNSUBSCRIBE_URL}]]"
    words = _("No more of these?")
    if place not in text:
        text = f"{text.rstrip()}\n\n-- \n{words} {place}"
    if html and place not in html:
        link = f'<p><a href="{place}">{escape(words)}</a></p>'
        html = _END.sub(lambda end: f"{link}{end[0]}", html, count=1)
    return text, html


def _fill(text: str, values: dict[str, str]) -> str:
    """Replace each [[name]] that has a value, in one pass: what a value contains is never replaced."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
