"""Texts that counsellors start a message from, and the places in them that are filled."""

import re
from collections.abc import Mapping
from collections.abc import Sequence as Rows
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses import wall_clock
from courses.models import CoursePage, InstituteSettings
from enrollment.models import Lead, MessageTemplate, Sequence

PLACES = {
    "name": gettext_lazy("the person's name"),
    "first_name": gettext_lazy("the person's first name"),
    "course": gettext_lazy("the course they asked about"),
    "institute": gettext_lazy("your institute"),
    "staff": gettext_lazy("who writes: you, or in a sequence the lead's owner"),
    "reference": gettext_lazy("the number of their enquiry"),
    "booked_at": gettext_lazy("the time of the planned next action"),
    "phone": gettext_lazy("the institute's phone"),
    "hours": gettext_lazy("the institute's opening hours"),
    "course_url": gettext_lazy("the address of the course's page"),
    "cohort_start": gettext_lazy("the day on which their group starts, else the course's next one"),
    "seats_left": gettext_lazy("how many seats that group has left"),
    "lesson": gettext_lazy("the lesson that comes next for the learner"),
    "lesson_url": gettext_lazy("the address of that lesson"),
    "days_inactive": gettext_lazy("for how many days the learner has opened no lesson"),
}
"""What may stand in curly brackets, and what comes in its place."""

OF_GROUPS = ("cohort_start", "seats_left")
"""Places that a sequence fills, where the person has a group or their course has a next one."""
OF_LEARNERS = ("lesson", "lesson_url", "days_inactive")
"""Places that a sequence for learners fills."""

_PLACE = re.compile(r"\{([^{}\n]*)\}")

WHATSAPP, EMAIL = MessageTemplate.Channel.WHATSAPP, MessageTemplate.Channel.EMAIL

FIRST_TEMPLATES = (
    (WHATSAPP, "First hello", "",
     ("Hello {name}, this is {staff} from {institute}. You asked about {course}. "
     "When would be a good time to talk?")),
    (WHATSAPP, "Tried to call", "",
     ("Hello {name}, this is {staff} from {institute}. I tried to call you about {course}. "
     "When may I call again? We are here {hours}.")),
    (WHATSAPP, "Call is booked", "",
     "Hello {name}, I will call you on {booked_at} about {course}. {staff}, {institute}"),
    (EMAIL, "Answer to the enquiry", "Your enquiry {reference}",
     ("Hello {name},\n\nthank you for asking about {course}.\n\n\n\n"
     "You can answer this mail or call {phone} ({hours}).\n\n{staff}\n{institute}")),
    (EMAIL, "Couldn't reach you by phone", "We tried to call you, {name}",
     ("Hello {name},\n\nI tried to call you about {course} and couldn't reach you. "
     "When would be a good time? Answer this mail or call {phone} ({hours}).\n\n{staff}\n{institute}")),
    (EMAIL, "Dates and fees", "{course}: dates and fees",
     ("Hello {name},\n\nhere are the next dates and the fees of {course}:\n\n\n\n"
     "Shall I keep a seat for you?\n\n{staff}\n{institute}")),
)  # fmt: skip


def fill_after_migrating(*, plan: Rows[tuple[Any, bool]] = (), **kwargs: Any) -> None:
    """Write the first texts after migrating forwards or flushing; a receiver of post_migrate."""
    if not any(backwards for _migration, backwards in plan):
        ensure_templates()


@transaction.atomic
def ensure_templates() -> None:
    """Write the first texts where there are none; one query when there are some."""
    if not MessageTemplate.objects.exists():
        MessageTemplate.objects.bulk_create(
            MessageTemplate(channel=channel, name=name, subject=subject, body=body, position=10 * (place + 1))
            for place, (channel, name, subject, body) in enumerate(FIRST_TEMPLATES)
        )


def unknown_places(text: str) -> list[str]:
    """Return what stands in curly brackets and is no place, in order."""
    return [name for name in _PLACE.findall(text) if name not in PLACES]


def open_places(text: str) -> list[str]:
    """Return the places, in their brackets, that are still in a text."""
    return [f"{{{name}}}" for name in _PLACE.findall(text) if name in PLACES]


def places_in(text: str) -> list[str]:
    """Return the names of the known places in a text, each once, in the order in which they come."""
    return list(dict.fromkeys(name for name in _PLACE.findall(text) if name in PLACES))


def places_for(trigger: str) -> list[str]:
    """Return the names of the places that a sequence with this trigger can fill."""
    learning = trigger in Sequence.LEARNING
    return [name for name in PLACES if learning or name not in OF_LEARNERS]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each place filled; one that nothing is known for stays as it is."""
    return _PLACE.sub(lambda place: values.get(place[1]) or place[0], text)


def values_for(lead: Lead, *, institute: InstituteSettings, staff_name: str) -> dict[str, str]:
    """Return what comes in each place; no query when the lead's person and course are loaded."""
    return {
        "name": lead.person.name,
        "first_name": first_name(lead.person.name),
        "course": lead.course.title if lead.course else about(lead),
        "institute": institute.name,
        "staff": staff_name or institute.name,
        "reference": lead.reference,
        "booked_at": _in_words(lead),
        "phone": institute.phone.as_international if institute.phone else "",
        "hours": institute.hours_text,
        "course_url": course_url(lead.course) if lead.course else "",
    }


def first_name(name: str) -> str:
    """Return the first word of a name that is no initial, else the whole name."""
    return next((word for word in name.split() if len(word.strip(".")) > 1), name)


def course_url(course: CoursePage) -> str:
    """Return the public address of a course; no query."""
    return page_url(course.url_path)


def page_url(url_path: str) -> str:
    """Return the public address of a page below the home page, by the path that Wagtail keeps of it."""
    return f"{settings.SITE_URL}/{url_path.split('/', 2)[2]}"


def about(lead: Lead) -> str:
    """Return what a lead without a course asked about, as part of a sentence."""
    if lead.interest == Lead.Interest.PLACEMENT:
        return _("placement assistance")
    return _("our courses")


def _in_words(lead: Lead) -> str:
    if lead.next_action_at is None:
        return ""
    return date_format(wall_clock.local(lead.next_action_at), "l j F, H:i")
