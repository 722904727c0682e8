"""The rows of the fault table, and what is promised."""

from dataclasses import dataclass, field

PROMISED = 60
"""Seconds within which everything due must be delivered once a fault is over."""


@dataclass
class Row:
    """One line of the fault table."""

    fault: str
    faults: int
    due: int = 0
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    repeated: int = 0
    """Sent again with the same Message-ID, as the policy for unclear messages demands."""
    unknown: int = 0
    unknown_allowed: int | None = None
    settled: str = ""
    """How what was unclear was settled."""
    refused: int = 0
    """Refused for good by an answer, or stopped by an opt-out: not sent, and visible as such."""
    seconds: float = 0
    """From the end of the fault until nothing was left to do."""
    late: float = 0
    """The longest that a message arrived after it was due, or after the end of the fault if that is later."""
    remark: str = ""
    problems: list[str] = field(default_factory=list)
    is_control: bool = False

    def judge(self) -> None:
        """Note which goals were missed."""
        if self.lost:
            self.problems.append(f"{self.lost} lost")
        if self.doubled:
            self.problems.append(f"{self.doubled} doubled")
        if self.late > PROMISED:
            self.problems.append(f"delivered {self.late:.0f} s after it was due")
        if self.unknown_allowed is not None and self.unknown > self.unknown_allowed:
            self.problems.append(f"{self.unknown} unclear, {self.unknown_allowed} allowed")

    def note(self, text: str) -> None:
        """Add to the remarks."""
        self.remark = f"{self.remark}; {text}".removeprefix("; ")

    def in_short(self) -> str:
        """Return the line that is shown while the suite runs."""
        return (
            f"{self.fault}: {self.sent} of {self.due} sent, {self.lost} lost, {self.doubled} doubled, "
            f"{self.unknown} unclear, {self.seconds:.0f} s {'; '.join(self.problems)}".rstrip()
        )
