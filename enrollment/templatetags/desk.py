"""How the admissions desk writes times."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def age(moment: datetime | None) -> str:
    """Return how long ago (or how far ahead) a moment is, in one unit: "5 min", "2 h", "3 d"."""
    if moment is None:
        return ""
    seconds = abs((timezone.now() - moment).total_seconds())
    if seconds < HOUR:
        return _("%(count)d min") % {"count": seconds // MINUTE}
    if seconds < DAY:
        return _("%(count)d h") % {"count": seconds // HOUR}
    return _("%(count)d d") % {"count": seconds // DAY}


@register.filter
def initials(person: object) -> str:
    """Return the first letters of the first and the last word of a name: "MN"."""
    words = str(person).split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


@register.filter
def is_past(moment: datetime | None) -> bool:
    """Whether the moment is over."""
    return moment is not None and moment < timezone.now()
