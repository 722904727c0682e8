"""Jails without namespaces, for inside the grader container: limits, seccomp and Landlock alone."""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from . import materials
from .bubblewrap import orders, python_command
from .jail import Jail, Role
from .jobs import EngineName, GraderUnavailable, Limits

PROCESSES = 200
"""Of all jails and the service, as they share one user; memory bounds a jail to about sixty threads."""
ENVIRONMENT = {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


class Bare:
    """Makes one subject at a time, in a scratch folder that should be a small file system in memory."""

    name: EngineName = "service"

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    def open(self, role: Role, limits: Limits) -> Jail:
        """Start a jail; its folder goes with it. Raises GraderUnavailable while an old one is there."""
        folder = self._fresh_folder() if role == "subject" else None
        place = str(folder or "")
        told = orders(
            role, limits, folder=place, readable=readable(), uid=0, processes=PROCESSES, landlock=True
        )
        environment = ENVIRONMENT | ({"TMPDIR": place, "HOME": place} if place else {})
        try:
            process = subprocess.Popen(  # noqa: S603
                python_command([str(shelf())], told),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise GraderUnavailable(f"a jail can't be started: {error}") from error
        return Jail(process, folder=folder)

    def _fresh_folder(self) -> Path:
        if any(self.scratch.iterdir()):
            raise GraderUnavailable(f"{self.scratch} still holds what an earlier program left")
        return Path(tempfile.mkdtemp(dir=self.scratch))


@cache
def shelf() -> Path:
    """A folder of links to what lessons may import; a jail can read it and what it leads to."""
    folder = Path(tempfile.mkdtemp(prefix="grader-packages-"))
    for name, path in materials.package_paths().items():
        (folder / name).symlink_to(path)
    (folder / "harness").symlink_to(materials.HARNESS)
    (folder / "inside").symlink_to(materials.INSIDE)
    return folder


@cache
def readable() -> list[str]:
    own = [str(shelf()), str(materials.HARNESS), str(materials.INSIDE)]
    return [*materials.python_paths(), *materials.package_paths().values(), *own]


def forget_shelf() -> None:
    """Remove the folder of links."""
    shutil.rmtree(shelf(), ignore_errors=True)
    shelf.cache_clear()
    readable.cache_clear()
