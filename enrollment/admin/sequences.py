"""Setting up sequences of follow-ups: their list, and the page on which one is edited."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms.widgets import Script
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column
from wagtail.snippets.views.snippets import CreateView, EditView

from enrollment.admin.forms.sequences import SequenceForm, StepForm
from enrollment.admin.pipeline import SetUpIndexView, SetUpViewSet
from enrollment.admin.sequence_words import FIELDS_OF, moments, what_stops, who_enters
from enrollment.followups.switching import cautions, obstacles, steps_of
from enrollment.models import Sequence, SequenceRun, Step

LATELY = timedelta(days=30)
State = SequenceRun.State


class StateColumn(Column):
    """Whether the sequence is on, in a word."""

    cell_template_name = "enrollment/admin/sequences/state_column.html"


class RunsColumn(Column):
    """How many runs go on, came to the end, and were stopped."""

    cell_template_name = "enrollment/admin/sequences/runs_column.html"

    def get_value(self, instance: Sequence) -> Sequence:
        return instance


class CountColumn(Column):
    """A number; on a narrow screen with its heading beside it."""

    cell_template_name = "enrollment/admin/sequences/count_column.html"


class SequenceIndexView(SetUpIndexView):
    """The list of sequences; they are deleted one by one, since those with runs can't be."""

    @cached_property
    def columns(self) -> list[Column]:
        return [column for column in super().columns if not isinstance(column, BulkActionsCheckboxColumn)]


class SequenceCreateView(CreateView):
    """Makes a sequence, switched off, and goes on to its page."""

    def get_success_url(self) -> str:
        return reverse("sequences:edit", args=[self.object.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"fields_of": FIELDS_OF}


class SequenceEditView(EditView):
    """Edits a sequence below the line of what it sends when, and what stands in the way of it."""

    def get_success_url(self) -> str:
        return reverse("sequences:edit", args=[self.object.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sequence = Sequence.objects.select_related("course", "stage").get(pk=self.object.pk)
        return super().get_context_data(**kwargs) | {"fields_of": FIELDS_OF, **overview(sequence)}


def overview(sequence: Sequence) -> dict[str, Any]:
    """Return what the top of a sequence's screens shows; two queries."""
    steps = steps_of(sequence)
    runs = SequenceRun.objects.filter(sequence=sequence).aggregate(
        active=Count("pk", filter=Q(state=State.ACTIVE)), total=Count("pk")
    )
    return {
        "sequence": sequence,
        "who": who_enters(sequence),
        "stops": what_stops(sequence),
        "moments": moments(steps),
        "runs": runs,
        "obstacles": obstacles(sequence, steps),
        "cautions": cautions(sequence, steps),
    }


class StepsPanel(InlinePanel):
    """The steps, each checked by its own form."""

    def get_form_options(self) -> dict[str, Any]:
        options = super().get_form_options()
        options["formsets"][self.relation_name]["form"] = StepForm
        return options


class HelpedPanel(MultiFieldPanel):
    """Fields that a script hides where they don't apply."""

    class BoundPanel(MultiFieldPanel.BoundPanel):
        class Media:
            js: ClassVar = [Script("js/desk-sequences.js", type="module")]


WHO = HelpedPanel(
    [
        FieldPanel("trigger", heading=_("When")),
        FieldRowPanel([FieldPanel("stage"), FieldPanel("days")]),
        FieldRowPanel([FieldPanel("interest"), FieldPanel("course"), FieldPanel("source")]),
    ],
    heading=_("Who enters"),
    help_text=_(
        "A stage counts for leads that come into it, days for learners without a lesson and before a cohort "
        "starts. Interest and source count before somebody has a place, the course always. What doesn't "
        "count is emptied when you save. Who is in the sequence already doesn't enter it again meanwhile."
    ),
)

STOPS = MultiFieldPanel(
    [
        FieldPanel("stop_on_reply"),
        FieldPanel("stop_on_call"),
        FieldPanel("stop_on_enrolment", help_text=_("Not for learners: they have their place.")),
        FieldPanel("stop_on_closing"),
        FieldPanel("stop_on_cohort_start"),
    ],
    heading=_("What stops it"),
    help_text=_(
        "Whatever you choose, nothing more leaves when somebody unsubscribes, when their address doesn't "
        "exist or they report spam, when the lead is merged or erased, and when their consent is missing."
    ),
)


class SequenceViewSet(SetUpViewSet):
    """Follow-ups: who gets which messages when, and what stops them."""

    model = Sequence
    icon = "calendar-check"
    menu_label = _("Sequences")
    admin_url_namespace = "sequences"
    base_url_path = "leads/sequences"
    index_view_class = SequenceIndexView
    add_view_class = SequenceCreateView
    edit_view_class = SequenceEditView
    index_template_name = "enrollment/admin/sequences/list.html"
    index_results_template_name = "enrollment/admin/sequences/list_results.html"
    create_template_name = "enrollment/admin/sequences/create.html"
    edit_template_name = "enrollment/admin/sequences/edit.html"
    empty_text = _(
        "No sequence yet. A sequence writes to people by itself, one message after the other, until they "
        "answer. Add one, try it on a past month, and switch it on when you like what you see."
    )
    list_display: ClassVar = (
        "name",
        StateColumn("is_on", label=_("State")),
        Column("trigger", label=_("Who enters"), accessor=who_enters),
        CountColumn("step_count", label=_("Steps")),
        RunsColumn("runs", label=_("Runs")),
        CountColumn("entered_lately", label=_("Entered in 30 days")),
    )
    list_per_page = 50
    ordering = "name"
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            WHO,
            MultiFieldPanel(
                [FieldPanel("basis")],
                heading=_("Why we may write"),
                help_text=_(
                    "Each message says it and lets people unsubscribe from this alone. Course news goes only "
                    "to people who allowed it."
                ),
            ),
            StepsPanel(
                "steps",
                panels=[
                    FieldRowPanel([FieldPanel("delay"), FieldPanel("unit")]),
                    FieldRowPanel([FieldPanel("channel"), FieldPanel("text")]),
                    FieldPanel("conditions"),
                ],
                heading=_("Steps"),
                label=_("Step"),
                help_text=_(
                    "The first waits after somebody entered, each other one after the message before it. "
                    "Messages leave in the hours for follow-ups only, so one may wait a little longer."
                ),
            ),
            STOPS,
        ],
        base_form_class=SequenceForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sequence]:
        """Return the sequences with their counts; one query however many there are."""
        runs = SequenceRun.objects.filter(sequence=OuterRef("pk")).order_by()
        return Sequence.objects.select_related("course", "stage").annotate(
            step_count=_count(Step.objects.filter(sequence=OuterRef("pk")).order_by()),
            active_runs=_count(runs.filter(state=State.ACTIVE)),
            finished_runs=_count(runs.filter(state=State.FINISHED)),
            stopped_runs=_count(runs.filter(state=State.STOPPED)),
            entered_lately=_count(runs.filter(entered_at__gte=timezone.now() - LATELY)),
        )


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.values("sequence").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
