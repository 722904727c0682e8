"""Markdown is rendered safely."""

import pytest

from courses import markdown


def test_marks_code_and_tables() -> None:
    html = markdown.render("A ==main *idea*== and `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |")

    assert "<mark>main <em>idea</em></mark>" in html
    assert "<code>code</code>" in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](data:text/html,<script>alert(1)</script>)",
        "==<svg onload=alert(1)>==",
        "![x](javascript:alert(1))",
    ],
)
def test_nothing_in_a_text_can_run(text: str) -> None:
    html = markdown.render(text)

    assert "<script" not in html
    assert "<img" not in html
    assert "<svg" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
