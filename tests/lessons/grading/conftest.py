"""Both engines: bubblewrap on this machine, and the service in what is as good as its container."""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lessons.grading.bubblewrap import Bubblewrap, is_installed
from lessons.grading.client import ServiceGrader
from lessons.grading.graders import Grader, LocalGrader
from lms.settings.base import BASE_DIR

INSTALL_HINT = "bubblewrap is not installed: sudo apt-get install -y bubblewrap"
PR_SET_CHILD_SUBREAPER = 36
INSIDE = "/tmp"  # noqa: S108 - the container's own


@pytest.fixture(scope="session")
def _sandbox() -> None:
    """Ask for bubblewrap; adopt orphans, so that a process left behind can be seen."""
    if not is_installed():
        if os.environ.get("REQUIRE_SANDBOX") == "1":
            pytest.fail(INSTALL_HINT, pytrace=False)
        pytest.skip(INSTALL_HINT)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@pytest.fixture(scope="session")
def engine(_sandbox: None) -> Bubblewrap:
    return Bubblewrap()


@pytest.fixture(scope="session")
def service(_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceGrader]:
    """The service as its container has it: another user, no network, two small folders to write in."""
    shared = tmp_path_factory.mktemp("run")
    shared.chmod(0o777)
    size = ("--size", str(32 * 1024 * 1024), "--tmpfs")
    command = [
        "bwrap", "--unshare-all", "--unshare-user", "--uid", "10004", "--gid", "10004", "--cap-drop", "ALL",
        "--die-with-parent", "--clearenv", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
        "--tmpfs", INSIDE, *size, f"{INSIDE}/1", *size, f"{INSIDE}/2", "--bind", str(shared), f"{INSIDE}/run",
        "--ro-bind", str(BASE_DIR), str(BASE_DIR),  # it may lie in the folder that was just hidden
        "--chdir", str(BASE_DIR), sys.executable, "-m", "lessons.grading.service",
        "--socket", f"{INSIDE}/run/grader.sock", "--scratch", f"{INSIDE}/1", "--scratch", f"{INSIDE}/2",
    ]  # fmt: skip
    with (shared / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        socket = shared / "grader.sock"
        deadline = time.monotonic() + 30
        while "serving at" not in (shared / "log").read_text():
            assert process.poll() is None, (shared / "log").read_text()
            assert time.monotonic() < deadline, "the grader service did not start"
            time.sleep(0.05)
        yield ServiceGrader(str(socket))
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["bubblewrap", "service"])
def grader(request: pytest.FixtureRequest) -> Grader:
    """Each engine in turn."""
    if request.param == "service":
        return request.getfixturevalue("service")
    return LocalGrader(request.getfixturevalue("engine"))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of this machine that no program may read or change."""
    file = tmp_path / "secret"
    file.write_text("host-secret-4711")
    file.chmod(0o666)
    return file
