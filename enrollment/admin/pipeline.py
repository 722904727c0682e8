"""Setting up the pipeline: its stages and the reasons for closing."""

from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet

from enrollment.admin.permissions import ManagedPolicy
from enrollment.models import (
    ClosingReason,
    Lead,
    MessageTemplate,
    PipelineStage,
    Sequence,
    SequenceRun,
    StageChange,
)


class StageForm(WagtailAdminModelForm):
    """A stage; its key is made from its first name and never changes."""

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if PipelineStage.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another stage has this name. Choose a different one."))
        return name

    def save(self, commit: bool = True) -> PipelineStage:
        if not self.instance.key:
            self.instance.key = free_key(self.cleaned_data["name"])
        return super().save(commit=commit)


def free_key(name: str) -> str:
    """Return a key of at most twelve characters that no stage has yet."""
    base = slugify(name)[:10].strip("-") or "stage"
    taken = set(PipelineStage.objects.values_list("key", flat=True))
    numbered = (base if number == 1 else f"{base[:9]}{number}" for number in range(1, 1000))
    return next(key for key in numbered if key not in taken)


class SetUpIndexView(IndexView):
    """A list that says, while it is empty, what it is good for."""

    empty_text = ""


class SetUpViewSet(SnippetViewSet):
    """A table that sets up the desk: for admissions leads alone, and without a chooser.

    Wagtail opens choosers to everybody in the CMS, authors included.
    """

    add_to_reference_index = False
    copy_view_enabled = False
    menu_item_is_registered = True
    """The desk's own menu has its line, so that Wagtail's “Snippets” needs none."""

    index_view_class: ClassVar[type[IndexView]] = SetUpIndexView
    index_results_template_name = "enrollment/admin/set_up_results.html"
    empty_text: str | Promise = ""

    @property
    def permission_policy(self) -> ModelPermissionPolicy:
        return ManagedPolicy(self.model)

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(empty_text=self.empty_text, **kwargs)

    def register_chooser_viewset(self) -> None:
        pass


class PipelineStageViewSet(SetUpViewSet):
    """The columns of the board."""

    model = PipelineStage
    icon = "grid"
    admin_url_namespace = "stages"
    base_url_path = "leads/stages"
    list_display: ClassVar = (
        "name",
        Column("position", label=_("Position")),
        Column("stuck_after_hours", label=_("Stuck after (working hours)")),
    )
    ordering = "position"
    edit_handler = ObjectList(
        [
            FieldPanel("name", help_text=_("New, Enrolled and Closed may be renamed but not deleted.")),
            FieldPanel("position"),
            FieldPanel("stuck_after_hours"),
        ],
        base_form_class=StageForm,
    )


class ClosingReasonViewSet(SetUpViewSet):
    """Why leads are closed."""

    model = ClosingReason
    icon = "folder-inverse"
    admin_url_namespace = "closing_reasons"
    base_url_path = "leads/reasons"
    list_display: ClassVar = (
        "name",
        Column("position", label=_("Position")),
        BooleanColumn("is_active", label=_("Offered")),
    )
    ordering = "position"
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel("position"),
            FieldPanel("is_active", help_text=_("Untick it instead of deleting a reason that leads have.")),
        ]
    )


def why_kept(instances: list[Any]) -> str:
    """Say why one of these rows can't be deleted, or return ""; at most two queries a row."""
    for row in instances:
        if isinstance(row, PipelineStage) and (row.key in PipelineStage.FIXED or _is_used(row)):
            return str(
                _("“%(name)s” can't be deleted: the product needs it, or leads are or were in it. "
                  "Rename it, or move its leads first.") % {"name": row}
            )  # fmt: skip
        if isinstance(row, ClosingReason) and Lead.everything.filter(closing_reason=row).exists():
            return str(
                _("“%(name)s” can't be deleted: leads were closed with it. Untick “Offered” instead.")
                % {"name": row}
            )
        if isinstance(row, MessageTemplate) and (step := row.steps.select_related("sequence").first()):
            return str(
                _("“%(name)s” can't be deleted: the sequence “%(sequence)s” sends it. "
                  "Take it out of the sequence first.") % {"name": row, "sequence": step.sequence}
            )  # fmt: skip
        if isinstance(row, Sequence) and SequenceRun.objects.filter(sequence=row).exists():
            return str(
                _("“%(name)s” can't be deleted: people are or were in it, and their timelines tell of it. "
                  "Switch it off instead; then nobody enters and nothing of it leaves.") % {"name": row}
            )  # fmt: skip
    return ""


def _is_used(stage: PipelineStage) -> bool:
    return (
        Lead.everything.filter(stage=stage).exists()
        or StageChange.objects.filter(before=stage).exists()
        or StageChange.objects.filter(after=stage).exists()
    )
