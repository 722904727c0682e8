"""Both sides of the first pairs start, answer and show the same; `check_course` runs everything else."""

from pathlib import Path

from lessons.harness.markup import read_page
from tests.lessons.harness.panes import Pane, first_panes
from tests.lessons.harness.programs import Program, on_server

UNLIKE = {
    "order-pair",  # the lesson shows that the order of paths matters in Django and not in Flask
}


def answer_of(pane: Pane, program: Program) -> str:
    """Return the text of the pane's page, once it answers without trouble."""
    started = program.start(pane.files)
    assert started["ok"], (pane.block, pane.side, started["trouble"])
    answer = program.get(pane.address)
    assert (answer["status"], answer["trouble"]) == (200, None), (pane.block, pane.side, answer["body"])
    return read_page(answer["body"]).text


def test_both_sides_show_the_same(tmp_path: Path) -> None:
    texts: dict[str, list[str]] = {}
    panes = first_panes()
    with on_server(tmp_path) as for_flask:
        for pane in panes:
            if pane.side == "flask":
                texts.setdefault(pane.block, []).append(answer_of(pane, for_flask))
            else:
                with on_server(tmp_path) as own:
                    texts.setdefault(pane.block, []).append(answer_of(pane, own))
    assert len(texts) >= 13
    for block, (django, flask) in texts.items():
        assert django, block
        if block not in UNLIKE:
            assert django.replace('": ', '":') == flask.replace('": ', '":'), block
