"""`python -m harness.judge`: runs checks against a program that it can only send messages to.

The first line that it reads is `{"checks": […]}`. It writes `{"ask": {…}}` and reads the program's answer, as
often as the checks want, and ends with `{"results": […]}`. A line `{"gone": "time"}` in place of an answer,
or the end of the input, tells that the program will not answer any more.
"""

import json
from typing import Any

from .checking import run_checks
from .door import MalformedAnswer, SubjectGone
from .lines import Lines

GONE = {
    "time": "The program took too long and was stopped.",
    "memory": "The program used up its memory and was stopped.",
    "output": "The program wrote too much and was stopped.",
}
ENDED = "The program ended before it answered."


class PipeDoor:
    """The way to a program in another process."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message to the program and return its answer."""
        self._lines.write({"ask": message})
        line = self._lines.read()
        if not line:
            raise SubjectGone(ENDED)
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            raise MalformedAnswer("The program's answer can't be read.") from None
        if not isinstance(answer, dict):
            raise MalformedAnswer("The program's answer can't be read.")
        if "gone" in answer:
            raise SubjectGone(GONE.get(str(answer["gone"]), ENDED))
        return answer


def main() -> None:
    """Run the checks of the first line."""
    lines = Lines()
    order = json.loads(lines.read())
    lines.write({"results": run_checks(order["checks"], PipeDoor(lines))})


if __name__ == "__main__":
    main()
