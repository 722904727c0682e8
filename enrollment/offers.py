"""What a person is told about a seat that is held for them and when it isn't any more: mails with a link."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from courses.models import InstituteSettings
from enrollment.learners import address_of
from enrollment.mails import render_mail
from enrollment.models import LeadEvent, WaitingPlace
from outbox.models import Message
from outbox.queue import enqueue

_SALT = "enrollment.offer"


def offer_token(place: WaitingPlace) -> str:
    """Return what opens this offer and nothing else: a later offer of the same place has another."""
    return signing.dumps([place.pk, _moment(place)], salt=_SALT)


def place_of(token: str) -> WaitingPlace | None:
    """Return the place whose last offer has this token, whatever became of it; one query."""
    try:
        key, moment = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    places = WaitingPlace.objects.select_related("cohort__course", "lead__person")
    place = places.filter(pk=key, lead__set_aside="").first()
    return place if place and _moment(place) == moment else None


def write_offer(place: WaitingPlace, *, institute: InstituteSettings) -> Message | None:
    """Queue the mail with the link; None for somebody who left no address and must be called."""
    return _write(place, "offer", institute=institute)


def write_lapse(place: WaitingPlace, *, institute: InstituteSettings) -> Message | None:
    """Queue the mail that the seat went on and what can be done now, once for each offer; None as above.

    Its link opens the same page as the offer's did.
    """
    return _write(place, "lapsed", institute=institute)


def _write(place: WaitingPlace, name: str, *, institute: InstituteSettings) -> Message | None:
    lead = place.lead
    address = address_of(lead.person)
    if not address:
        return None
    mail = render_mail(name, {"institute": institute, "lead": lead, "place": place, "cohort": place.cohort})
    path = reverse("enrollment:offer", kwargs={"token": offer_token(place)})
    message = enqueue(
        key=f"waiting:{place.pk}:{name}:{_moment(place)}",
        to=address,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        purpose=Message.Purpose.ENROLMENT,
        reply_to=lead.owner.email if lead.owner else "",
        private={"offer_url": f"{settings.SITE_URL}{path}"},
    )
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, text=message.subject)
    return message


def _moment(place: WaitingPlace) -> int:
    """Return when the seat was offered, in milliseconds; 0 for a place that never was."""
    return int(place.offered_at.timestamp() * 1000) if place.offered_at else 0
