"""Which grader this process uses: the setting GRADER."""

import os
from functools import cache

from django.conf import settings

from .bubblewrap import INSTALL_HINT, Bubblewrap, is_installed
from .client import ServiceGrader
from .graders import Grader, LocalGrader, NoGrader

SOCKET = "unix://"


def chosen_grader() -> Grader:
    """Return this process's grader; a process forked from this one makes its own."""
    return _grader(settings.GRADER, os.getpid())


@cache
def _grader(name: str, _process: int) -> Grader:
    if name.startswith(SOCKET):
        return ServiceGrader(name.removeprefix(SOCKET))
    if name == "off":
        return NoGrader("GRADER=off: results stay provisional.")
    if name == "auto" and not is_installed():
        return NoGrader(f"{INSTALL_HINT}: results stay provisional.")
    return LocalGrader(Bubblewrap())
