"""The texts of message templates, filled for one lead."""

from collections.abc import Mapping
from dataclasses import dataclass

from enrollment.admin.forms import LeadForm
from enrollment.models import MessageTemplate
from enrollment.wording import fill

FORM_OF = {MessageTemplate.Channel.WHATSAPP: "chat", MessageTemplate.Channel.EMAIL: "mail"}


@dataclass(frozen=True)
class StartingText:
    """A template with its places filled."""

    key: str
    name: str
    form: str
    """Which form of the lead page it is for."""
    subject: str
    text: str


def starting_texts(values: Mapping[str, str]) -> list[StartingText]:
    """Return the offered templates of chat and mail, filled with these values, in their order; one query."""
    return [
        StartingText(
            key=str(template.pk),
            name=template.name,
            form=FORM_OF[MessageTemplate.Channel(template.channel)],
            subject=fill(template.subject, values),
            text=fill(template.body, values),
        )
        for template in MessageTemplate.objects.filter(is_offered=True, channel__in=FORM_OF)
    ]


def start_from(texts: list[StartingText], forms: dict[str, LeadForm], *, asked: str) -> StartingText | None:
    """Put the asked text into its form, and the first one of its channel into the other; return the asked."""
    chosen = next((text for text in texts if text.key == asked), None)
    for name in FORM_OF.values():
        own = [text for text in texts if text.form == name]
        text = chosen if chosen in own else next(iter(own), None)
        if text:
            forms[name].initial.update({"subject": text.subject, "text": text.text})
    return chosen
