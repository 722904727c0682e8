"""The lead list."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log
from wagtail.snippets.views.snippets import IndexView

from enrollment.admin.exports import export_row
from enrollment.admin.permissions import may_export_leads
from enrollment.admin.search import find_leads
from enrollment.models import Lead

EXPORT_CHUNK = 1000


class LeadIndexView(IndexView):
    """The list of leads; a page of it takes the same number of queries whatever it shows."""

    FORMATS = ("csv",)
    is_searchable = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_export and not may_export_leads(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def columns(self) -> list:
        return self.list_display

    def get_base_queryset(self) -> QuerySet[Lead]:
        return Lead.objects.select_related("person", "course", "owner", "stage").prefetch_related(
            "person__contact_points"
        )

    def order_queryset(self, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        """Settle ties, so that no lead is on two pages or on none."""
        ordered = super().order_queryset(queryset)
        return ordered.order_by(*ordered.query.order_by, "-pk")

    def search_queryset(self, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        return find_leads(queryset, self.search_query) if self.is_searching else queryset

    @cached_property
    def show_export_buttons(self) -> bool:
        return may_export_leads(self.request.user)

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        if not self.show_export_buttons:
            return []
        return [Button(_("Download CSV"), url=self.csv_export_url, icon_name="download")]

    def as_spreadsheet(self, queryset: QuerySet[Lead], spreadsheet_format: str) -> HttpResponse:
        """Note who takes which leads out before the first row leaves."""
        query = self.request.GET.copy()
        query.pop("export", None)
        log(
            self.request.user,
            "enrollment.export",
            user=self.request.user,
            data={"count": queryset.count(), "query": query.urlencode()},
        )
        return super().as_spreadsheet(queryset.iterator(chunk_size=EXPORT_CHUNK), spreadsheet_format)

    def to_row_dict(self, item: Lead) -> dict[str, str]:
        return export_row(item)

    def write_csv_row(self, writer: Any, row_dict: dict[str, str]) -> Any:
        return writer.writerow(row_dict)
