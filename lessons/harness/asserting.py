"""Lets a plain assert of a check say what it expected and what it got."""

import ast
import operator
from collections.abc import Callable
from typing import Any

from .expecting import CheckFailed, shown

COMPARE = "_compare"

OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "Eq": (operator.eq, ""),
    "NotEq": (operator.ne, "not "),
    "In": (lambda one, other: one in other, "something with "),
    "NotIn": (lambda one, other: one not in other, "something without "),
    "Gt": (operator.gt, "more than "),
    "GtE": (operator.ge, "at least "),
    "Lt": (operator.lt, "less than "),
    "LtE": (operator.le, "at most "),
}


class _Explainer(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        test = node.test
        if (
            not isinstance(test, ast.Compare)
            or len(test.ops) != 1
            or type(test.ops[0]).__name__ not in OPERATORS
        ):
            return node
        message = ast.Lambda(
            args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
            body=node.msg or ast.Constant(None),
        )
        call = ast.Call(
            func=ast.Name(COMPARE, ast.Load()),
            args=[
                ast.Constant(type(test.ops[0]).__name__), test.left, test.comparators[0], message,
                ast.Constant(ast.unparse(test)),
            ],
            keywords=[],
        )  # fmt: skip
        return ast.copy_location(ast.Expr(call), node)


def explain_asserts(tree: ast.Module) -> ast.Module:
    """Return the check file with its asserts that compare two values made to tell both."""
    return ast.fix_missing_locations(_Explainer().visit(tree))


def compare(name: str, left: Any, right: Any, message: Callable[[], Any], source: str) -> None:
    """Do what `assert left <operator> right, message()` does, and say more when it fails."""
    holds, words = OPERATORS[name]
    if holds(left, right):
        return
    one, other = (right, left) if name in {"In", "NotIn"} else (left, right)
    said = message()
    raise CheckFailed(
        str(said) if said is not None else f"This is not so: {source}.",
        expected=f"{words}{shown(other)}",
        got=shown(one),
    )
