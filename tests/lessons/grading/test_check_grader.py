"""`check_grader`, the system check, and what `make run` says without bubblewrap."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from lessons.grading.checks import grader_is_on
from lessons.grading.client import ServiceGrader
from lessons.grading.graders import LocalGrader
from lessons.grading.jobs import Outcome
from scripts import serve


@pytest.mark.usefixtures("engine")
def test_every_attempt_is_listed_and_fails(settings: Settings) -> None:
    settings.GRADER = "bubblewrap"
    out = StringIO()

    call_command("check_grader", stdout=out)

    *lines, last = out.getvalue().strip().splitlines()
    assert all(line.startswith("held") for line in lines)
    for attempt in ("/etc/passwd", "environment", "socket", "bomb", "10 GB", "Never ends", "Writes outside",
                    "Kills its parent", "Imports the product", "Leaves a process", "the judge"):  # fmt: skip
        assert any(attempt in line for line in lines), attempt
    assert last == f"All {len(lines)} attempts failed, in bubblewrap."


@pytest.mark.enable_socket
def test_the_service_is_tried_the_same_way(settings: Settings, service: ServiceGrader) -> None:
    settings.GRADER = f"unix://{service.path}"
    out = StringIO()

    call_command("check_grader", stdout=out)

    assert "ESCAPED" not in out.getvalue()
    assert out.getvalue().strip().endswith("in service.")


@pytest.mark.usefixtures("engine")
def test_an_attempt_that_gets_out_ends_the_command_with_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.GRADER = "bubblewrap"
    monkeypatch.setattr(
        LocalGrader, "check", lambda self: [Outcome("open_socket", "Opens a socket", False, "<socket>")]
    )
    out = StringIO()

    with pytest.raises(CommandError, match="1 of 1 attempts got out"):
        call_command("check_grader", stdout=out)
    assert "ESCAPED  Opens a socket" in out.getvalue()


def test_the_command_fails_where_nothing_decides(settings: Settings) -> None:
    settings.GRADER = "off"

    with pytest.raises(CommandError, match="GRADER=off"):
        call_command("check_grader")


def test_a_deployment_without_a_grader_is_warned(settings: Settings) -> None:
    settings.GRADER = "off"
    assert [concern.id for concern in grader_is_on()] == ["lessons.W001"]

    settings.GRADER = "unix:///run/grader/grader.sock"
    assert grader_is_on() == []


def test_the_demo_says_that_results_stay_provisional(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRADER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "stay provisional: bubblewrap is not installed" in serve.grading_note()

    monkeypatch.setenv("GRADER", "unix:///run/grader/grader.sock")
    assert serve.grading_note() == ""
