"""References that people read out on the phone: short, and without letters that look alike."""

import secrets

from enrollment.models import Lead, Submission

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reference() -> str:
    """Return a reference that is free in all likelihood; the database has the last word."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(6))
    return f"ENQ-{letters[:4]}-{letters[4:]}"


def new_references(count: int) -> list[str]:
    """Return as many references, each free at this moment; two queries, or four when one was taken."""
    free: set[str] = set()
    while len(free) < count:
        tried = {new_reference() for _ in range(count - len(free))} - free
        taken = set(Lead.everything.filter(reference__in=tried).values_list("reference", flat=True))
        taken |= set(Submission.objects.filter(reference__in=tried).values_list("reference", flat=True))
        free |= tried - taken
    return list(free)
