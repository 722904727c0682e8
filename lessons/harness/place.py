"""Where a program is while it loops: told about once a second, for whoever may have to stop it."""

import sys
import time
from collections.abc import Callable
from types import CodeType
from typing import Any

TOOL = 4
"""Our number among the tools of sys.monitoring; debuggers and profilers have others."""


def follow(
    tell: Callable[[str, int], object], *, relative: Callable[[str], str | None], every: float = 1.0
) -> None:
    """Call `tell(file, line)` while a loop of the learner's code goes on, every so many seconds.

    `relative` gives the learner's name of a file, None for others; those cost nothing after one round.
    """
    monitoring = sys.monitoring
    next_at = 0.0

    def jumped(code: CodeType, offset: int, destination: int) -> Any:
        nonlocal next_at
        if destination > offset:
            return monitoring.DISABLE
        now = time.monotonic()
        if now < next_at:
            return None
        file = relative(code.co_filename)
        if file is None:
            return monitoring.DISABLE
        next_at = now + every
        tell(file, sys._getframe(1).f_lineno)
        return None

    if monitoring.get_tool(TOOL) is None:
        monitoring.use_tool_id(TOOL, "lessons")
    monitoring.register_callback(TOOL, monitoring.events.JUMP, jumped)
    monitoring.set_events(TOOL, monitoring.events.JUMP)
