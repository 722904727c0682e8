"""The check files of exercises, read without being run."""

import ast
from collections import Counter
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=512)
def names_of_checks(source: str) -> tuple[str, ...]:
    """Return the names of a file's check functions, in order; the blocks let no other syntax in."""
    functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return tuple(node.name for node in functions if node.name.startswith("test_"))


def mark_hidden(results: list[dict[str, Any]], checks: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the results, each with whether its check is one that learners may not read.

    Results name their function, those of the first file first. Whatever the first file doesn't explain is
    hidden, unless there is no other file.
    """
    visible = Counter(names_of_checks(checks[0]["source"]))
    marked = []
    for result in results:
        is_visible = len(checks) == 1 or visible[result["name"]] > 0
        visible[result["name"]] -= 1
        marked.append({**result, "hidden": not is_visible})
    return marked
