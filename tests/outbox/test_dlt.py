"""Texts that must equal what is registered, and how many SMS they are."""

import pytest

from outbox.channels.dlt import count_parts, dlt_mismatch, is_unicode

REGISTERED = "Hello {name}, your group of {course} starts on {cohort_start}. Osiz Labs"


@pytest.mark.parametrize(
    ("text", "registered"),
    [
        ("Hello Meena, your group of Python starts on 4 January. Osiz Labs", REGISTERED),
        ("Hello Meena. Osiz", "Hello {#var#}. {#var#}"),
        ("No place at all", "No place at all"),
        ("Osiz Labs says Osiz Labs", "{#var#} says Osiz Labs"),
        (f"{'x' * 30}{'y' * 30}", "{#var#}{#var#}"),
        ("வணக்கம் மீனா, உங்கள் குழு தொடங்குகிறது", "வணக்கம் {name}, உங்கள் குழு தொடங்குகிறது"),
    ],
)
def test_a_text_that_was_filled_from_its_template_agrees(text: str, registered: str) -> None:
    assert dlt_mismatch(text, registered) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Dear Meena, your group of Python starts on 4 January. Osiz Labs", "must begin with “Hello”"),
        ("Hello Meena, your course Python starts on 4 January. Osiz Labs", "goes on with “, your group of”"),
        ("Hello Meena, your group of Python starts on 4 January. Osiz", "goes on with “. Osiz Labs”"),
        (
            f"Hello Meena, your group of {'Python ' * 6}starts on 4 January. Osiz Labs",
            "is longer than 30 characters",
        ),
    ],
)
def test_a_text_that_differs_is_told_where(text: str, says: str) -> None:
    assert says in dlt_mismatch(text, REGISTERED)


def test_words_after_the_end_are_named() -> None:
    assert "“Call us.” is not in the registered text" in dlt_mismatch("We start. Call us.", "We start.")


def test_blanks_and_capitals_count() -> None:
    assert dlt_mismatch("We  start.", "We start.") != ""
    assert dlt_mismatch("we start.", "We start.") != ""


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("அ" * 70, 1),
        ("அ" * 71, 2),
        ("அ" * 135, 3),
        ("", 1),
    ],
)
def test_longer_texts_are_several_messages(text: str, parts: int) -> None:
    assert count_parts(text) == parts


def test_tamil_is_unicode_and_english_is_not() -> None:
    assert is_unicode("தொடங்குகிறது")
    assert not is_unicode("starts on 4 January: {10:00}")
