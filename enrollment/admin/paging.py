"""Pages of a long list that cost the same anywhere in it: each begins after a place, not at a number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from enrollment.models.leads import NEVER, PLANNED_AT

COUNTED = 1000
"""Matches are counted up to here; nobody reads on to know whether there are more."""

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Order:
    """A way to sort rows. The keys together are unique; an index stands behind the first of them."""

    keys: tuple[Any, ...]
    place: Callable[[Any], Place]
    """What a row has for the keys."""

    def sort(self, leads: QuerySet[Any], *, backwards: bool) -> QuerySet[Any]:
        return leads.order_by(*(key.desc() if backwards else key.asc() for key in self.keys))

    def beyond(self, leads: QuerySet[Any], place: Place, *, backwards: bool) -> QuerySet[Any]:
        """Return the leads after the place; said of the first key alone too, which an index understands."""
        first, whole = (
            (LessThanOrEqual, TupleLessThan) if backwards else (GreaterThanOrEqual, TupleGreaterThan)
        )
        return leads.filter(first(self.keys[0], place[0]), whole(self.keys, place))


ORDERS = {
    "created_at": Order((F("created_at"), F("pk")), lambda lead: (lead.created_at, lead.pk)),
    "answer_due_at": Order((F("answer_due_at"), F("pk")), lambda lead: (lead.answer_due_at, lead.pk)),
    "due_at": Order((F("due_at"), F("pk")), lambda message: (message.due_at, message.pk)),
    "next_action_at": Order((PLANNED_AT, F("pk")), lambda lead: (lead.next_action_at or NEVER, lead.pk)),
    "person__name": Order(
        (F("person__name"), F("person_id"), F("pk")),
        lambda lead: (lead.person.name, lead.person_id, lead.pk),
    ),
}


@dataclass(frozen=True)
class Cursor:
    """A place in one list in one order: the signed `after` or `before` of an address."""

    place: Place
    position: int
    """How many leads stand before the place; right until somebody asks or moves meanwhile."""
    count: int
    """How many leads the first page counted, so that the pages after it needn't."""

    SALT = "enrollment.paging"

    def written(self, *, ordering: str, listing: str) -> str:
        values = [value.isoformat() if isinstance(value, datetime) else value for value in self.place]
        return signing.dumps([ordering, listing, self.position, self.count, values], salt=self.SALT)

    @classmethod
    def read(cls, text: str, *, ordering: str, listing: str) -> "Cursor | None":
        """Return the place, or None for one of another order or other filters, or one that nobody wrote."""
        try:
            written_for, of_listing, position, count, values = signing.loads(text, salt=cls.SALT)
        except signing.BadSignature:
            return None
        if (written_for, of_listing) != (ordering, listing):
            return None
        if not ordering.endswith("person__name"):
            values[0] = datetime.fromisoformat(values[0])
        return cls(tuple(values), position, count)


class LeadPage:
    """One page: its leads, which they are of how many, and the cursors to its neighbours, empty at an end."""

    def __init__(self, leads: list[Any], *, start: int, before: str, after: str) -> None:
        self.leads, self.start, self.before, self.after = leads, start, before, after

    def __iter__(self) -> Iterator[Any]:
        return iter(self.leads)

    def __len__(self) -> int:
        return len(self.leads)

    @property
    def first_number(self) -> int:
        return self.start + 1

    @property
    def last_number(self) -> int:
        return self.start + len(self.leads)


class KeysetPaginator:
    """Cuts the leads of one list into pages. `ordering` is a name of ORDERS, with "-" for backwards.

    Keys are found first and rows read after, so that what a row is shown with is joined for one page only.
    The first page counts, in no order, which PostgreSQL does from whatever it reads fastest.
    """

    def __init__(
        self, leads: QuerySet[Any], *, rows: QuerySet[Any], ordering: str, size: int, listing: str
    ) -> None:
        self.leads, self.rows, self.ordering, self.size, self.listing = leads, rows, ordering, size, listing
        self.backwards = ordering.startswith("-")
        self.order = ORDERS[ordering.removeprefix("-")]
        self.page: LeadPage | None = None
        self.count = 0
        """How many leads match, counted up to COUNTED + 1."""

    def get_page(self, *, after: str, before: str) -> LeadPage:
        """Return the page next to a cursor, or the first one.

        Two queries and what is prefetched; one more to count, and one where a cursor leads nowhere.
        """
        self.page = (self._after(after) if after else None) or (self._before(before) if before else None)
        self.page = self.page or self._first()
        return self.page

    @property
    def is_counted(self) -> bool:
        """Whether the count is all there are."""
        return self.count <= COUNTED

    @property
    def total(self) -> int:
        """The count, or how many there are at least."""
        shown = self.page.last_number if self.page else 0
        return max(self.count, shown) if self.is_counted else max(COUNTED, shown)

    @property
    def count_shown(self) -> int:
        """The count as far as it goes."""
        return min(self.count, COUNTED)

    def get_elided_page_range(self, page_number: Any) -> list[int]:
        """Return no page numbers; Wagtail asks for some."""
        return []

    def sorted(self) -> QuerySet[Any]:
        """Return all the leads in their order."""
        return self.order.sort(self.leads, backwards=self.backwards)

    def _first(self) -> LeadPage:
        keys = self._keys(self.leads)
        has_after = len(keys) > self.size
        self.count = self.leads.order_by()[: COUNTED + 1].count() if has_after else len(keys)
        return self._page(keys[: self.size], start=0, has_before=False, has_after=has_after)

    def _after(self, text: str) -> LeadPage | None:
        """Return the page after a place; an empty one, which counts as none, when nothing is left there."""
        cursor = Cursor.read(text, ordering=self.ordering, listing=self.listing)
        if cursor is None:
            return None
        keys = self._keys(self.order.beyond(self.leads, cursor.place, backwards=self.backwards))
        self.count = cursor.count
        has_after = len(keys) > self.size
        return self._page(keys[: self.size], start=cursor.position, has_before=True, has_after=has_after)

    def _before(self, text: str) -> LeadPage | None:
        """Return the page before a place, or None near the start, where the first page is meant."""
        cursor = Cursor.read(text, ordering=self.ordering, listing=self.listing)
        if cursor is None:
            return None
        backwards = not self.backwards
        beyond = self.order.beyond(self.leads, cursor.place, backwards=backwards)
        keys = self._keys(beyond, backwards=backwards)
        if len(keys) <= self.size:
            return None
        self.count = cursor.count
        start = max(cursor.position - self.size, 1)
        return self._page(keys[: self.size][::-1], start=start, has_before=True, has_after=True)

    def _keys(self, leads: QuerySet[Any], *, backwards: bool | None = None) -> list[int]:
        direction = self.backwards if backwards is None else backwards
        ordered = self.order.sort(leads, backwards=direction)
        return list(ordered.values_list("pk", flat=True)[: self.size + 1])

    def _page(self, keys: list[int], *, start: int, has_before: bool, has_after: bool) -> LeadPage:
        """Return the leads of these keys; one that is gone meanwhile is left out."""
        rows = {lead.pk: lead for lead in self.rows.filter(pk__in=keys)} if keys else {}
        leads = [rows[key] for key in keys if key in rows]
        return LeadPage(
            leads,
            start=start,
            before=self._cursor(leads[0], position=start) if has_before and leads else "",
            after=self._cursor(leads[-1], position=start + len(leads)) if has_after and leads else "",
        )

    def _cursor(self, lead: Any, *, position: int) -> str:
        cursor = Cursor(self.order.place(lead), position, self.count)
        return cursor.written(ordering=self.ordering, listing=self.listing)
