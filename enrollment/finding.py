"""What leads are found by: name, addresses, numbers in any format and references, in one column."""

import re
from collections import defaultdict
from collections.abc import Iterable

from enrollment.models import ContactPoint, Lead, Person, Submission

_NOT_DIGITS = re.compile(r"\D")


def search_text(*, name: str, points: Iterable[tuple[str, str]], references: Iterable[str]) -> str:
    """Return the text that one lead is found by; `points` are pairs of kind and value."""
    words = [name.casefold()]
    for kind, value in points:
        words.append(_NOT_DIGITS.sub("", value) if kind == ContactPoint.Kind.PHONE else value.casefold())
    return "\n".join([*words, *(reference.casefold() for reference in references)])


def refresh_search(people: Iterable[int]) -> None:
    """Bring the search text of these people's leads up to date; five queries however many there are.

    Whoever changes a name, a contact point, a lead's person or a submission's lead calls it in the
    same transaction.
    """
    keys = list(people)
    names = dict(Person.objects.filter(pk__in=keys).values_list("pk", "name"))
    points: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = ContactPoint.objects.filter(person__in=keys).order_by("pk")
    for person, kind, value in rows.values_list("person", "kind", "value"):
        points[person].append((kind, value))
    leads = list(Lead.everything.filter(person__in=keys).only("person_id", "reference", "search_text"))
    references: dict[int, list[str]] = defaultdict(list)
    submissions = Submission.objects.filter(lead__in=leads).order_by("pk")
    for lead_key, reference in submissions.values_list("lead", "reference"):
        references[lead_key].append(reference)
    merged_ones = Lead.everything.filter(merged_into__in=leads).order_by("pk")
    for merged in merged_ones.only("merged_into_id", "reference"):
        if merged.merged_into_id:
            references[merged.merged_into_id].append(merged.reference)
    for lead in leads:
        lead.search_text = search_text(
            name=names[lead.person_id],
            points=points[lead.person_id],
            references=dict.fromkeys([lead.reference, *references[lead.pk]]),
        )
    Lead.everything.bulk_update(leads, ["search_text"], batch_size=500)
