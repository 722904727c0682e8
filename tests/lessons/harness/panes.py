"""The panes of the first lessons, and the address that each answers."""

from dataclasses import dataclass
from pathlib import Path

from content.documents import LessonFile

ROOT = Path(__file__).parents[3]

ADDRESSES = {  # of blocks that have no page at "/"
    "order-pair": "/jobs/new/",
    "not-found-pair": "/jobs/1/",
}


@dataclass(frozen=True)
class Pane:
    """One side of a parallel block."""

    block: str
    side: str
    files: dict[str, str]

    @property
    def address(self) -> str:
        """A page that it has."""
        return ADDRESSES.get(self.block, "/")


def first_panes() -> list[Pane]:
    """Return the panes of the first five lessons, Django before Flask; in them both sides show one page."""
    panes = []
    for path in sorted(ROOT.glob("content/python-full-stack/01-first-pages/0[1-5]*.md")):
        for block in LessonFile.parse(path.read_text(), str(path)).blocks:
            if block.kind == "parallel":
                panes += [
                    Pane(str(block.id), side, {file["name"]: file["code"] for file in block.value[side]})
                    for side in ("django", "flask")
                ]
    return panes
