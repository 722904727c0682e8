"""Engines that are missing, broken or leak decide nothing: that is our fault, and said so."""

import contextlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from lessons import grading
from lessons.grading import GraderUnavailable, Limits, bubblewrap, choice, materials, referee, selftest
from lessons.grading.bubblewrap import Bubblewrap
from lessons.grading.client import LARGEST_REQUEST, ServiceGrader
from lessons.grading.graders import LocalGrader
from lessons.grading.jail import Jail, Role
from tests.lessons.grading.programs import FLASK, app_job, descendants, script_job


@pytest.fixture
def _fresh_choice() -> Iterator[None]:
    """Let the test choose a grader of its own, and the next one too."""
    choice._grader.cache_clear()
    yield
    choice._grader.cache_clear()


@pytest.mark.usefixtures("_fresh_choice")
def test_without_bubblewrap_nothing_is_decided(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.GRADER = "auto"
    monkeypatch.setenv("PATH", str(tmp_path))

    status = grading.status()

    assert (status.engine, status.trusted) == ("off", False)
    assert "bubblewrap is not installed" in status.reason
    with pytest.raises(GraderUnavailable, match="not installed"):
        grading.grade(app_job(FLASK))


@pytest.mark.usefixtures("_fresh_choice")
def test_a_grader_that_is_off_decides_nothing(settings: Settings) -> None:
    settings.GRADER = "off"

    assert not grading.status().trusted
    with pytest.raises(GraderUnavailable, match="GRADER=off"):
        grading.run_example({"main.py": "print(1)"}, "script", [])


@pytest.fixture
def _fresh_materials() -> Iterator[None]:
    """Let the test change what a jail is made of, and the next one have it as it was."""
    caches = (materials.python_paths, materials.package_paths, bubblewrap.fixed_files)
    for known in caches:
        known.cache_clear()
    yield
    for known in caches:
        known.cache_clear()


@pytest.mark.enable_socket
@pytest.mark.usefixtures("_fresh_choice")
def test_a_service_that_is_not_there_is_our_fault(settings: Settings, tmp_path: Path) -> None:
    settings.GRADER = f"unix://{tmp_path}/grader.sock"

    status = grading.status()

    assert (status.engine, status.trusted) == ("service", False)
    with pytest.raises(GraderUnavailable, match="does not answer"):
        grading.grade(app_job(FLASK))


@pytest.mark.enable_socket
def test_a_service_that_answers_nonsense_is_our_fault(tmp_path: Path) -> None:
    path = str(tmp_path / "grader.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        if (child := os.fork()) == 0:
            connection, _ = listener.accept()
            connection.recv(100_000)
            connection.sendall(b"nonsense\n")
            os._exit(0)
        with pytest.raises(GraderUnavailable, match="does not answer"):
            ServiceGrader(path).grade(app_job(FLASK))
        os.waitpid(child, 0)


@pytest.mark.enable_socket
def test_the_service_takes_requests_of_a_bounded_size_only(service: ServiceGrader) -> None:
    huge = "x" * LARGEST_REQUEST
    with pytest.raises(GraderUnavailable, match="larger than"):
        service.grade(app_job(huge))

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(service.path)
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(b"x" * (LARGEST_REQUEST + 1))
        assert b"unavailable" in connection.recv(1_000)
    assert service.grade(script_job("print(1)")).outcome == "passed"


@pytest.mark.enable_socket
def test_the_service_refuses_what_it_does_not_know(service: ServiceGrader) -> None:
    for message in ({"op": "shutdown"}, {"op": "grade"}, {}):
        with pytest.raises(GraderUnavailable):
            service._ask(message)


@pytest.mark.usefixtures("_fresh_materials")
def test_a_jail_that_does_not_start_is_our_fault(engine: Bubblewrap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materials, "interpreter", lambda: "/no/such/python")
    before = descendants()

    grader = LocalGrader(engine)

    assert not grader.status().trusted
    with pytest.raises(GraderUnavailable, match="did not start"):
        grader.grade(app_job(FLASK))
    assert descendants() - before == set()


BABBLE = """
import os
def test_it(app):
    for descriptor in range(64):
        try:
            os.write(descriptor, b"[]\\n")
        except OSError:
            pass
"""


class DyingJudge(Bubblewrap):
    """The judge is gone as soon as it is ready."""

    def open(self, role: Role, limits: Limits) -> Jail:
        jail = super().open(role, limits)
        if role == "judge":
            jail.receive(until=time.monotonic() + 30, limit=1_000)
            jail._kill_inside()
        return jail


@pytest.mark.usefixtures("engine")
def test_a_judge_that_dies_is_our_fault() -> None:
    before = descendants()

    with pytest.raises(GraderUnavailable):
        referee.grade(app_job(FLASK), DyingJudge())
    assert descendants() - before == set()


@pytest.mark.parametrize(
    "checks",
    [
        "import ctypes\ndef test_it(app):\n    ctypes.CDLL(None)._exit(0)\n",
        "def test_it(app):\n    while True: pass\n",
        BABBLE,
    ],
    ids=["ends", "never ends", "babbles"],
)
def test_checks_that_break_the_judge_are_our_fault(
    engine: Bubblewrap, checks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(referee, "JUDGE_SECONDS", 1.5)

    with pytest.raises(GraderUnavailable, match="the judge"):
        referee.grade(app_job(FLASK, checks), engine)


def test_a_jail_dies_with_the_process_that_started_it(engine: Bubblewrap) -> None:
    before = descendants()
    if (worker := os.fork()) == 0:
        jail = engine.open("subject", Limits())
        jail.receive(until=time.monotonic() + 30, limit=1_000)
        os.kill(os.getpid(), 9)
    os.waitpid(worker, 0)

    while orphans := descendants() - before:  # ours to reap, and it ends only when all are dead
        for orphan in orphans:
            try:
                os.waitpid(orphan, 0)
            except ChildProcessError:
                continue


class Leaky(Bubblewrap):
    """A jail with a hole: more options for bubblewrap."""

    def __init__(self, *more: str) -> None:
        self.more = more

    def arguments(self, role: Role, limits: Limits, *, report_to: int) -> list[str]:
        return [*super().arguments(role, limits, report_to=report_to), *self.more]


@pytest.mark.usefixtures("engine")
def test_a_jail_that_shows_a_secret_in_the_environment_is_not_trusted() -> None:
    grader = LocalGrader(Leaky("--setenv", "SECRET_KEY", "leaked"))

    status = grader.status()

    assert not status.trusted
    assert "Finds settings or secrets in the environment" in status.reason
    with pytest.raises(GraderUnavailable, match="found a hole"):
        grader.grade(app_job(FLASK))


@pytest.mark.usefixtures("engine", "_fresh_materials")
def test_a_jail_that_shows_a_file_of_the_host_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = (*materials.python_paths(), "/etc/passwd")
    monkeypatch.setattr(materials, "python_paths", lambda: paths)

    status = LocalGrader(Bubblewrap()).status()

    assert not status.trusted
    assert "/etc/passwd" in status.reason


def test_somebody_who_is_not_root_gets_a_user_namespace(
    engine: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "is_root", lambda: False)

    assert "--unshare-user" in engine.arguments("subject", Limits(), report_to=3)
    assert LocalGrader(engine).status().trusted


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, _fresh_materials: None) -> Callable[[str], None]:
    """Take one line out of what a jail does to itself."""

    def remove(line: str) -> None:
        inside = tmp_path / "inside"
        shutil.copytree(materials.INSIDE, inside)
        source = (inside / "start.py").read_text()
        assert source.count(line) == 1
        (inside / "start.py").write_text(source.replace(line, ""))
        monkeypatch.setattr(materials, "INSIDE", inside)

    return remove


def test_a_jail_without_its_filter_is_not_trusted(engine: Bubblewrap, without: Callable[[str], None]) -> None:
    without("    seccomp.install()\n")

    assert "Opens a socket" in LocalGrader(engine).status().reason


@pytest.mark.parametrize("attempt", ["take_memory", "fork_bomb"])
def test_a_jail_without_its_limits_is_found_out(
    engine: Bubblewrap, without: Callable[[str], None], attempt: str
) -> None:
    without("    set_limits(orders)\n")

    assert not selftest.try_alone(engine, attempt).contained


def test_every_right_is_given_up_inside(engine: Bubblewrap) -> None:
    source = """
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
print("user", os.getuid() > 1000, "groups", os.getgroups())
print("no new rights", libc.prctl(39, 0, 0, 0, 0), "dumpable", libc.prctl(3, 0, 0, 0, 0))
print("filter", libc.prctl(21, 0, 0, 0, 0))
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
print("capabilities", libc.capget(header, sets), list(sets))
print("threads", resource.getrlimit(resource.RLIMIT_NPROC)[1])
"""
    verdict = referee.grade(script_job(source), engine)

    assert verdict.console.split("\n")[:-1] == [
        "user True groups []",
        "no new rights 1 dumpable 0",
        "filter 2",
        "capabilities 0 [0, 0, 0, 0, 0, 0]",
        "threads 32",
    ]
