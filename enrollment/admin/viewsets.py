"""How Wagtail shows leads and cohorts."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet

from courses.models import Cohort
from enrollment.admin.columns import LEAD_COLUMNS
from enrollment.admin.filters import LeadFilterSet
from enrollment.admin.forms import CohortForm
from enrollment.admin.views import (
    LEAD_FORM_VIEWS,
    CohortEditView,
    CohortIndexView,
    LeadIndexView,
    LeadPageView,
)
from enrollment.admin.views.cohorts import FillColumn
from enrollment.models import Lead


class LeadViewSet(SnippetViewSet):
    """The list and the page of leads, with an address for each form of the page.

    No chooser is registered: Wagtail opens choosers to everybody in the CMS, authors included.
    """

    model = Lead
    icon = "group"
    add_to_reference_index = False
    menu_item_is_registered = True
    admin_url_namespace = "leads"
    base_url_path = "leads"
    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = LeadIndexView
    inspect_view_class = LeadPageView
    index_template_name = "enrollment/admin/lead_list.html"
    index_results_template_name = "enrollment/admin/lead_list_results.html"
    inspect_template_name = "enrollment/admin/lead.html"
    list_display = LEAD_COLUMNS
    list_per_page = 50
    filterset_class = LeadFilterSet
    ordering = "-created_at"

    def register_chooser_viewset(self) -> None:
        pass

    def get_urlpatterns(self) -> list[URLPattern]:
        posts = [
            path(
                f"{view.form_class.name}/<int:pk>/",
                self.construct_view(view, **self.get_inspect_view_kwargs()),
                name=view.form_class.name,
            )
            for view in LEAD_FORM_VIEWS
        ]
        return [*super().get_urlpatterns(), *posts]


class CohortViewSet(SnippetViewSet):
    """Cohorts of a course: when they start, how many seats there are and how many are taken."""

    model = Cohort
    icon = "calendar-alt"
    menu_label = _("Cohorts")
    menu_name = "cohorts"
    menu_order = 20
    add_to_admin_menu = True
    admin_url_namespace = "cohorts"
    base_url_path = "cohorts"
    copy_view_enabled = False
    edit_view_class = CohortEditView
    index_view_class = CohortIndexView
    index_template_name = "enrollment/admin/cohorts/list.html"
    index_results_template_name = "enrollment/admin/cohorts/list_results.html"
    list_display = (
        "__str__",
        Column("starts_on", label=_("Starts"), sort_key="starts_on", classname="desk-col-roomy"),
        Column("mode", label=_("Mode"), accessor="get_mode_display", classname="desk-col-roomy"),
        FillColumn("seats", label=_("Seats"), sort_key="seats_taken"),
    )
    list_per_page = 50
    ordering = "-starts_on"

    edit_handler = ObjectList(Cohort.panels, base_form_class=CohortForm)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        return Cohort.objects.select_related("course")
