"""The lead board: what stands in each column, most urgent first."""

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from courses.models import CoursePage
from enrollment.admin.filters import MINE, NOBODY, SOMEBODY, of_owner, owner_choices
from enrollment.forms import is_key
from enrollment.models import Lead, PipelineStage

CARDS = 20
"""Cards of a column; the list shows the rest."""
COUNTED = 1000
"""Up to how many leads of a column are counted; counting a million takes longer than anybody reads."""


@dataclass(frozen=True)
class Column:
    """One stage with its first cards."""

    stage: PipelineStage
    cards: list[Lead]
    count: int
    list_url: str

    @property
    def count_text(self) -> str:
        """The number of leads, "1,000+" when there are more than are counted."""
        return f"{COUNTED:,}+" if self.count > COUNTED else f"{self.count:,}"

    @property
    def has_more(self) -> bool:
        """Whether the list shows leads that the column doesn't."""
        return self.count > len(self.cards)


@dataclass(frozen=True)
class BoardFilter:
    """Whose leads, about which course and with which interest; empty for any."""

    owner: str = ""
    course: str = ""
    interest: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "BoardFilter":
        """Return the filter of an address; what is no choice counts as any."""
        owner, course = query.get("owner", ""), query.get("course", "")
        interest = query.get("interest", "")
        return cls(
            owner=owner if owner in {MINE, NOBODY, SOMEBODY} or is_key(owner) else "",
            course=course if is_key(course) else "",
            interest=interest if interest in Lead.Interest.values else "",
        )

    @property
    def query(self) -> str:
        """The filter as an address query."""
        return urlencode({name: value for name, value in vars(self).items() if value})

    def apply(self, leads: QuerySet[Lead], *, user: User) -> QuerySet[Lead]:
        """Return the leads that pass."""
        if self.owner:
            leads = of_owner(leads, self.owner, user=user)
        if self.course:
            leads = leads.filter(course=int(self.course))
        if self.interest:
            leads = leads.filter(interest=self.interest)
        return leads


def columns(wanted: BoardFilter, *, user: User) -> list[Column]:
    """Return the stages in order with their cards; two queries a stage, however many leads there are."""
    leads = wanted.apply(Lead.objects.all(), user=user)
    return [_column(stage, leads.filter(stage=stage), wanted) for stage in PipelineStage.objects.all()]


def filter_choices() -> dict[str, list[tuple[str, str]]]:
    """Return what the filter form offers besides "any"; two queries."""
    courses = CoursePage.objects.order_by("title").values_list("pk", "title")
    return {
        "owners": owner_choices(),
        "courses": [(str(key), title) for key, title in courses],
        "interests": [(value, str(label)) for value, label in Lead.Interest.choices],
    }


def _column(stage: PipelineStage, leads: QuerySet[Lead], wanted: BoardFilter) -> Column:
    cards = leads.select_related("person", "course", "owner", "stage").order_by(*_order(stage))[:CARDS]
    query = f"stage={stage.key}" + (f"&{wanted.query}" if wanted.query else "")
    return Column(
        stage=stage,
        cards=list(cards),
        count=leads.order_by()[: COUNTED + 1].count(),
        list_url=f"{reverse('leads:list')}?{query}",
    )


def _order(stage: PipelineStage) -> tuple:
    """What was promised first in New, what is due first in the working stages, what ended last after them."""
    if stage.key == PipelineStage.NEW:
        return (F("answer_due_at").asc(), "pk")
    if stage.key in PipelineStage.ENDED:
        return ("-stage_since", "-pk")
    return (F("next_action_at").asc(nulls_last=True), "pk")
