"""`python -m harness.subject`: a learner's program that answers messages, one JSON object a line."""

import json
import os

from .lines import Lines
from .session import end, handle


def main() -> None:
    """Answer until the input ends."""
    lines, own, leave = Lines(), os.getpid(), os._exit
    while line := lines.read():
        answer = handle(json.loads(line))
        if os.getpid() != own:  # a copy that the learner's program made of this process
            leave(0)
        try:
            lines.write(answer)
        except (MemoryError, RecursionError, TypeError, ValueError):
            lines.write({"error": "The answer can't be written."})
    end()
    leave(0)  # without waiting for threads that the program has left


if __name__ == "__main__":
    main()
