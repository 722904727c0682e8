"""What people were asked to allow, in which words, and what they said."""

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enrollment.models import Consent, LeadEvent, Person

WORDINGS = {
    "2026-11": {
        Consent.Purpose.NEWS: gettext_lazy("Send me course news about once a month. I can stop at any time."),
        Consent.Purpose.PLACEMENT: gettext_lazy(
            "You may show my profile to employers who look for people like me. I can stop it at any time."
        ),
        Consent.Purpose.ENQUIRY: gettext_lazy(
            "You may use what I sent to answer my enquiry, and nothing else."
        ),
    }
}
"""The notices by version and purpose; an old one stays, so that a consent is shown as it was given."""
PRESENT = "2026-11"


class GuardianNeeded(Exception):
    """Somebody under 18 can't allow this themselves."""


def standing(person: Person) -> dict[str, Consent]:
    """Return the newest word on each purpose that was ever asked; one query."""
    newest: dict[str, Consent] = {}
    for consent in person.consents.order_by("created_at", "pk"):
        newest[consent.purpose] = consent
    return newest


def record_consent(*, person: Person, purpose: str, granted: bool, channel: str, actor: User) -> Consent:
    """Write down what the person said to a member of staff, with a line on each of their leads.

    Raises GuardianNeeded when somebody under 18 without a guardian's contact is said to allow
    news or a profile.
    """
    if granted and person.under_18 and not person.guardian_contact and purpose != Consent.Purpose.ENQUIRY:
        raise GuardianNeeded
    consent = Consent.objects.create(
        person=person,
        purpose=purpose,
        channel=channel,
        granted=granted,
        notice_version=PRESENT,
        language=translation.get_language(),
        actor=actor,
    )
    text = _("%(purpose)s: given") if granted else _("%(purpose)s: taken back")
    LeadEvent.objects.bulk_create(
        LeadEvent(
            lead=lead,
            kind=LeadEvent.Kind.CONSENT,
            text=text % {"purpose": consent.get_purpose_display()},
            actor=actor,
        )
        for lead in person.leads.all()
    )
    return consent


def wording(consent: Consent) -> str:
    """Return the words that a consent was given to, or "" for one from elsewhere."""
    words = WORDINGS.get(consent.notice_version, {})
    return str(words.get(Consent.Purpose(consent.purpose), ""))
