"""What people were asked to allow, in which words, and what they said."""

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enrollment.desk import lock_person
from enrollment.errors import GuardianNeeded
from enrollment.followups.stopping import Why, stop_runs_of
from enrollment.models import Consent, LeadEvent, Person, Sequence

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
"""The version that is shown now; changes when a wording does."""
ALLOWS: dict[str, str] = {
    Consent.Purpose.NEWS: Sequence.Basis.NEWS,
    Consent.Purpose.ENQUIRY: Sequence.Basis.ANSWER,
}
"""Which follow-ups end when a consent is taken back."""


def standing(person: Person) -> dict[str, Consent]:
    """Return the newest word on each purpose that was ever asked; one query."""
    newest: dict[str, Consent] = {}
    for consent in person.consents.order_by("created_at", "pk"):
        newest[consent.purpose] = consent
    return newest


@transaction.atomic
def record_consent(*, person: Person, purpose: str, granted: bool, channel: str, actor: User) -> Consent:
    """Write down what the person said to a member of staff, with a line on each of their leads.

    Raises GuardianNeeded when somebody under 18 without a guardian's contact is said to allow
    news or a profile. What is taken back stops the follow-ups that it allowed.
    """
    person = lock_person(person)
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
    text %= {"purpose": consent.get_purpose_display()}
    _note(person, kind=LeadEvent.Kind.CONSENT, text=text, actor=actor)
    if not granted and (basis := ALLOWS.get(purpose)):
        stop_runs_of([person], Why.CONSENT, actor=actor, topic=basis)
    return consent


@transaction.atomic
def set_guardian(*, person: Person, under_18: bool, name: str, contact: str, actor: User) -> Person:
    """Write down whether somebody is under 18 and who speaks for them, with a line on each of their leads.

    The same again does nothing.
    """
    person = lock_person(person)
    before = (person.under_18, person.guardian_name, person.guardian_contact)
    if before == (under_18, name, contact):
        return person
    said_before = person.guardian_in_words
    person.under_18, person.guardian_name, person.guardian_contact = under_18, name, contact
    person.save(update_fields=["under_18", "guardian_name", "guardian_contact"])
    text = _("Guardian: %(before)s to %(after)s") % {
        "before": said_before or _("not needed"),
        "after": person.guardian_in_words or _("not needed"),
    }
    _note(person, kind=LeadEvent.Kind.FACTS, text=text, actor=actor)
    return person


def wording(consent: Consent) -> str:
    """Return the words that a consent was given to, or "" for one from elsewhere."""
    words = WORDINGS.get(consent.notice_version, {})
    return str(words.get(Consent.Purpose(consent.purpose), ""))


def _note(person: Person, *, kind: LeadEvent.Kind, text: str, actor: User) -> None:
    LeadEvent.objects.bulk_create(
        LeadEvent(lead=lead, kind=kind, text=text, actor=actor) for lead in person.leads.all()
    )
