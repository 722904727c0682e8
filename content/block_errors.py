"""What Wagtail's blocks refuse, in lines for the author of a file."""

from typing import Any

from content.bodies import Block


def line_of(block: Block, problem: Any) -> int:
    """Return where a problem is: at a question if the block holds questions and one of them is wrong."""
    inner = problem.block_errors.get("questions") if block.kind in {"quiz", "interview"} else None
    place = next(iter(getattr(inner, "block_errors", {})), None)
    return block.line if place is None else block.value["questions"][place].line


def messages_of(error: Any) -> list[str]:
    """Return every message in a tree of block errors."""
    found: list[str] = []
    if children := getattr(error, "block_errors", None):
        rows = children.items() if isinstance(children, dict) else enumerate(children)
        for name, child in rows:
            if child:
                prefix = f"{name}: " if isinstance(name, str) else ""
                found += [f"{prefix}{message}" for message in messages_of(child)]
    if others := getattr(error, "non_block_errors", None):
        found += [message for other in others.as_data() for message in other.messages]
    return found or list(getattr(error, "messages", [str(error)]))
