"""The passages of a lesson: what readers link to, and where they stopped."""

from dataclasses import dataclass, field

from wagtail.blocks import StreamValue


@dataclass
class Section:
    """A passage and what belongs to it; the part before the first passage has no number."""

    number: int | None
    id: str
    title: str
    blocks: list = field(default_factory=list)


def sections_of(body: StreamValue) -> list[Section]:
    """Split a lesson's body at its passages."""
    sections = [Section(None, "", "")]
    for block in body:
        if block.block_type == "passage":
            sections.append(Section(len(sections), block.id, block.value))
        else:
            sections[-1].blocks.append(block)
    return sections if sections[0].blocks else sections[1:]
