"""The mails of admissions, written in templates/enrollment/mail/."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone


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
