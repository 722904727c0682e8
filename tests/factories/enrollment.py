"""People who asked, and what became of it."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from enrollment.finding import refresh_search
from enrollment.models import (
    ClosingReason,
    Consent,
    ContactPoint,
    Counsellor,
    Enrollment,
    Lead,
    LeadEvent,
    Person,
    Submission,
)


class PersonFactory(factory.django.DjangoModelFactory[Person]):
    """Somebody with an e-mail address and, when `phone` is given, a number."""

    class Meta:
        model = Person
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"Asha Kumar {number}")

    @factory.post_generation
    def email(self, create: bool, extracted: str | None, **kwargs: Any) -> None:
        address = f"person{self.pk}@example.com" if extracted is None else extracted
        if address:
            ContactPointFactory(person=self, value=address.lower(), as_typed=address)

    @factory.post_generation
    def phone(self, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            ContactPointFactory(
                person=self, kind=ContactPoint.Kind.PHONE, value=extracted, as_typed=extracted
            )


class ContactPointFactory(factory.django.DjangoModelFactory[ContactPoint]):
    class Meta:
        model = ContactPoint

    person = factory.SubFactory(PersonFactory, email="")
    kind = ContactPoint.Kind.EMAIL
    value = factory.Sequence(lambda number: f"contact{number}@example.com")
    as_typed = factory.SelfAttribute("value")


class LeadFactory(factory.django.DjangoModelFactory[Lead]):
    """A new lead of the website whose answer is due in a few hours; no course, nobody's."""

    class Meta:
        model = Lead
        skip_postgeneration_save = True

    person = factory.SubFactory(PersonFactory)
    reference = factory.Sequence(lambda number: f"ENQ-T{number % 1000:03}-{22 + number // 1000}")
    interest = Lead.Interest.CONTACT
    contact_by = Lead.ContactBy.EMAIL
    answer_due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=8))
    closing_reason = factory.LazyAttribute(
        lambda lead: ClosingReason.objects.first() if lead.stage_id == Lead.Stage.CLOSED else None
    )
    stage_id = Lead.Stage.NEW.value

    @factory.post_generation
    def found_by(self, create: bool, extracted: None, **kwargs: Any) -> None:
        refresh_search([self.person_id])
        self.refresh_from_db(fields=["search_text"])


class LeadEventFactory(factory.django.DjangoModelFactory[LeadEvent]):
    class Meta:
        model = LeadEvent

    lead = factory.SubFactory(LeadFactory)
    kind = LeadEvent.Kind.NOTE
    text = "Called, no answer."


class ConsentFactory(factory.django.DjangoModelFactory[Consent]):
    class Meta:
        model = Consent

    person = factory.SubFactory(PersonFactory)
    purpose = Consent.Purpose.NEWS
    granted = True
    notice_version = "2026-11"
    language = "en-gb"


class SubmissionFactory(factory.django.DjangoModelFactory[Submission]):
    class Meta:
        model = Submission

    key = factory.Faker("uuid4")
    reference = factory.Sequence(lambda number: f"ENQ-S{number % 1000:03}-{22 + number // 1000}")
    form = Submission.Form.ENQUIRY
    payload = "{}"
    digest = factory.Sequence(lambda number: f"{number:064x}")


class EnrollmentFactory(factory.django.DjangoModelFactory[Enrollment]):
    """A learner's place; `learner` and `course` must be given."""

    class Meta:
        model = Enrollment


class CounsellorFactory(factory.django.DjangoModelFactory[Counsellor]):
    """Somebody in the round-robin for every course at the institute's hours; `user` must be given."""

    class Meta:
        model = Counsellor
