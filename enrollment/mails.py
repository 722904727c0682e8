"""The mails of admissions, written in templates/enrollment/mail/."""

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from outbox.errors import UnsendableMessage
from outbox.models import Message
from outbox.queue import enqueue

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Mail:
    """A rendered mail: one line of subject, hand-written text, HTML."""

    subject: str
    text: str
    html: str


def render_mail(name: str, context: dict) -> Mail:
    """Render templates/enrollment/mail/<name>/ with `site_url` and the context; no queries of its own.

    Times are the institute's, whatever time zone the member of staff who sends it chose for the CMS.
    """
    context = {"site_url": settings.SITE_URL, **context}
    folder = f"enrollment/mail/{name}"
    with timezone.override(timezone.get_default_timezone()):
        return Mail(
            subject=" ".join(render_to_string(f"{folder}/subject.txt", context).split()),
            text=render_to_string(f"{folder}/body.txt", context).strip() + "\n",
            html=render_to_string(f"{folder}/body.html", context),
        )


def queue_notice(mail: Mail, *, recipient: User, key: str) -> None:
    """Queue a mail to a member of staff; an address that can't be written to is logged and left out."""
    try:
        enqueue(
            key=key,
            to=recipient.email,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            purpose=Message.Purpose.NOTICE,
        )
    except UnsendableMessage as error:
        log.warning("notice_not_sent", user=recipient.pk, reason=str(error))
