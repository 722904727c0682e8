"""How the admissions desk writes times."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400


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


def is_past(moment: datetime | None) -> bool:
    """Whether the moment is over."""
    return moment is not None and moment < timezone.now()


def due_words(moment: datetime) -> str:
    """Return when something is due: "due in 40 min" today, "due Tue 10:30" later."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return _("due in %(age)s") % {"age": age(moment)}
    return _("due %(when)s") % {"when": date_format(local, "D H:i")}
