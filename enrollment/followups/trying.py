"""Sending a text to oneself, to see it where it will be read."""

import hashlib
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.errors import EnrollmentError
from enrollment.followups.texts import Rendered
from enrollment.models import ContactPoint
from outbox.models import Channel, Message
from outbox.queue import enqueue


class TestNotPossible(EnrollmentError):
    """A test of this text can't be sent to this person."""


def own_address(actor: User, channel: str) -> str:
    """Return where somebody gets their own tests: the address of their account, or their number if known."""
    if channel == Channel.EMAIL:
        return actor.email
    phones = ContactPoint.objects.filter(person__user=actor, kind=ContactPoint.Kind.PHONE)
    return phones.order_by("pk").values_list("value", flat=True).first() or ""


def send_test(written: Rendered, *, channel: str, actor: User, key: UUID) -> Message:
    """Queue a written text to the actor's own address; the same text under the same key goes once.

    Raises TestNotPossible.
    """
    to = own_address(actor, channel)
    if obstacle := _obstacle(written, channel=channel, to=to):
        raise TestNotPossible(obstacle)
    is_mail = channel == Channel.EMAIL
    digest = hashlib.sha256(f"{channel}\n{written.subject}\n{written.text}".encode()).hexdigest()[:16]
    return enqueue(
        key=f"text-test:{actor.pk}:{key}:{digest}",
        to=to,
        subject=f"[Test] {written.subject}" if is_mail else "",
        text=written.text,
        html=written.html,
        purpose=Message.Purpose.NOTICE,
        channel=channel,
        content=written.content,
        private={"unsubscribe_url": settings.SITE_URL} if is_mail else {},
    )


def _obstacle(written: Rendered, *, channel: str, to: str) -> str:
    """Return in words why this can't be sent, or an empty string."""
    if channel not in settings.OUTBOX_WAYS:
        return _("%(channel)s isn't set up on this server.") % {"channel": Channel(channel).label}
    if not to:
        return _("Your account has no phone number: tests of %(channel)s go to your own number only.") % {
            "channel": Channel(channel).label
        }
    return "" if channel == Channel.EMAIL else _unfit(written, channel=channel)


def _unfit(written: Rendered, *, channel: str) -> str:
    """Return in words why a provider of numbers wouldn't take the text, or an empty string."""
    if written.holes:
        return _("Nothing fills {%(place)s} for this lead. Choose another one.") % {"place": written.holes[0]}
    if written.content.get("template"):
        return ""
    if channel == Channel.SMS:
        return _("Enter the DLT template id first: without it no operator carries the SMS.")
    return _("Enter the approved template first: WhatsApp takes other texts only as answers.")
