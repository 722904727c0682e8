"""The stages as a way from the first to the last, and how far a lead has come on it."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Case, IntegerField, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from enrollment.models import PipelineStage, StageChange


@dataclass(frozen=True)
class Pipeline:
    """The stages in the order of the board. Closed is no step of the way: a lead leaves it from anywhere."""

    stages: tuple[PipelineStage, ...]

    @classmethod
    def load(cls) -> "Pipeline":
        """Return the pipeline as it is set up now; one query."""
        return cls(tuple(PipelineStage.objects.exclude(key=PipelineStage.CLOSED)))

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each stage by its key."""
        return {stage.key: place for place, stage in enumerate(self.stages)}

    def place(self, field: str) -> Case:
        """Return the place of the stage in `field` as SQL: 0 for the first one and for Closed."""
        steps = [When(**{field: stage.key}, then=Value(place)) for place, stage in enumerate(self.stages)]
        return Case(*steps, default=Value(0), output_field=IntegerField())

    def furthest(self) -> Greatest:
        """Return the furthest place that a lead was ever on, as SQL: moving back or closing loses nothing."""
        furthest_of_move = Max(Greatest(self.place("after"), self.place("before")))
        moves = StageChange.objects.filter(lead=OuterRef("pk")).order_by().values("lead")
        passed = Subquery(moves.annotate(top=furthest_of_move).values("top"), output_field=IntegerField())
        return Greatest(Coalesce(passed, 0), self.place("stage"))

    def keys_from(self, place: int) -> list[str]:
        """Return the keys of the stage on this place and of all further ones."""
        return [stage.key for stage in self.stages[place:]]
