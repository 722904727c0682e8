"""What the shell around every page needs."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from courses.models import InstituteSettings

THEMES = {"light", "dark"}


def shell(request: HttpRequest) -> dict:
    """Return the institute (one query when used) and the theme chosen in the footer, if any."""
    theme = request.COOKIES.get("theme", "")
    return {
        "institute": SimpleLazyObject(lambda: InstituteSettings.for_request(request)),
        "theme": theme if theme in THEMES else "",
    }
