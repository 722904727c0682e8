"""What the shell around every page needs."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from wagtail.models import Site

from courses.models import InstituteSettings

THEMES = {"light", "dark"}


def shell(request: HttpRequest) -> dict:
    """Return the institute (one query when used) and the theme chosen in the footer, if any."""
    theme = request.COOKIES.get("theme", "")
    return {
        "institute": SimpleLazyObject(lambda: _institute(request)),
        "theme": theme if theme in THEMES else "",
    }


def _institute(request: HttpRequest) -> InstituteSettings:
    if Site.find_for_request(request) is None:
        return InstituteSettings()
    return InstituteSettings.for_request(request)
