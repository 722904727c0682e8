"""The fault table as Markdown, which reads well in a terminal too."""

from typing import Any

HEADINGS = [
    "fault", "times", "due", "sent", "lost", "doubled", "repeated by policy", "unclear", "how settled",
    "refused or stopped", "s to recover", "s late", "verdict", "remark",
]  # fmt: skip


def render(rows: list[dict[str, Any]], problems: list[str], *, seconds: float) -> str:
    """Return both tables, the product's and the control's, and what was missed."""
    parts = [_table([row for row in rows if not row["is_control"]])]
    if control := [row for row in rows if row["is_control"]]:
        parts.append("The control, one naive task a message, under the same faults:\n\n" + _table(control))
    missed = [f"- {row['fault']}: {'; '.join(row['problems'])}" for row in rows if row["problems"]]
    missed += [f"- {problem}" for problem in problems]
    parts.append("Missed:\n\n" + "\n".join(missed) if missed else "Every goal was reached.")
    parts.append(f"{seconds:.0f} s in all.")
    return "\n\n".join(parts) + "\n"


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [HEADINGS, *[_cells(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in ruled
    )


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["fault"],
        str(row["faults"]),
        str(row["due"]),
        str(row["sent"]),
        str(row["lost"]),
        str(row["doubled"]),
        str(row["repeated"]),
        str(row["unknown"]),
        row["settled"] or "",
        str(row["refused"]),
        f"{row['seconds']:.0f}",
        f"{row['late']:.0f}",
        "missed" if row["problems"] else "held",
        row["remark"],
    ]
