"""The sequences that come with the product."""

import re

import pytest
from django.core.management import call_command

from enrollment.followups.shipped import ensure_sequences
from enrollment.models import MessageTemplate, Sequence, Step
from enrollment.wording import unknown_places

pytestmark = pytest.mark.django_db

PLACE = re.compile(r"\{\w+\}")
TAMIL = re.compile(r"[\u0b80-\u0bff]")


def test_a_new_institute_finds_six_sequences_and_none_is_switched_on() -> None:
    assert set(Sequence.objects.values_list("slug", flat=True)) == {
        "enquiry",
        "placement",
        "waiting-list",
        "welcome",
        "inactive-learner",
        "cohort-starts",
    }
    assert not Sequence.objects.running().exists()
    assert Step.objects.filter(sequence__slug="enquiry").count() == 3


def test_every_shipped_text_is_in_both_languages_with_the_same_known_places() -> None:
    for text in MessageTemplate.objects.filter(steps__isnull=False):
        english, tamil = f"{text.subject}\n{text.body}", f"{text.subject_ta}\n{text.body_ta}"

        assert unknown_places(english) == []
        assert set(PLACE.findall(tamil)) == set(PLACE.findall(english)), text.name
        assert TAMIL.search(text.subject_ta), text.name
        assert TAMIL.search(text.body_ta), text.name
        assert not text.is_offered


def test_what_the_institute_deleted_does_not_come_back() -> None:
    Sequence.objects.exclude(slug="welcome").delete()

    ensure_sequences()
    call_command("migrate", verbosity=0)

    assert [sequence.slug for sequence in Sequence.objects.all()] == ["welcome"]
