"""Noting who takes personal data out, or sees the contact data of many people at once."""

from accounts.models import User
from enrollment.models import DataAccess, Person


def note_access(
    *, actor: User, kind: str, count: int, query: str = "", person: Person | None = None
) -> DataAccess:
    """Write down one access before the data leaves; `query` says which people, such as the filters."""
    return DataAccess.objects.create(actor=actor, kind=kind, count=count, query=query, person=person)
