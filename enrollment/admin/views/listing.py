"""The lead list."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import IndexView

from enrollment.admin.bulk import offered_actions
from enrollment.admin.exports import MOST_IN_XLSX, TooManyForWorkbook, export_leads
from enrollment.admin.filters import list_query, listing_mark
from enrollment.admin.paging import KeysetPaginator, LeadPage
from enrollment.admin.permissions import may_manage_leads
from enrollment.admin.saved_views import views_of
from enrollment.admin.search import find_leads
from enrollment.models import Lead
from enrollment.spreadsheets import FORMATS


class LeadIndexView(IndexView):
    """The list of leads; a page of it takes the same number of queries whatever it shows."""

    FORMATS = FORMATS
    is_searchable = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.is_export and not may_manage_leads(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.export() if self.is_export else super().get(request, *args, **kwargs)

    @cached_property
    def columns(self) -> list:
        return self.list_display

    def get_base_queryset(self) -> QuerySet[Lead]:
        return Lead.objects.all()

    def filter_queryset(self, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        """Show nobody for a filter that means nothing any more: everybody would look like its answer."""
        return super().filter_queryset(queryset) if self.filters.is_valid() else queryset.none()

    def order_queryset(self, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        """Leave the order to the pages; they also read backwards."""
        return queryset

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Name, e-mail, phone or reference"))

    def search_queryset(self, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        return find_leads(queryset, self.search_query) if self.is_searching else queryset

    def paginator_of(self, queryset: QuerySet[Lead], size: int) -> KeysetPaginator:
        rows = Lead.objects.select_related("person", "course", "owner", "stage").prefetch_related("tags")
        return KeysetPaginator(
            queryset, rows=rows, ordering=self.ordering, size=size, listing=listing_mark(self.request.GET)
        )

    def paginate_queryset(
        self, queryset: QuerySet[Lead], page_size: int
    ) -> tuple[KeysetPaginator, LeadPage, list[Lead], bool]:
        paginator = self.paginator_of(queryset, page_size)
        query = self.request.GET
        page = paginator.get_page(after=query.get("after", ""), before=query.get("before", ""))
        return paginator, page, page.leads, True

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        query = list_query(self.request.GET)
        context["list_query"] = query
        context["saved_views"] = views_of(self.request.user, query=query)
        context["may_share"] = may_manage_leads(self.request.user)
        context["bulk_actions"] = offered_actions(self.request.user)
        return context

    @cached_property
    def show_export_buttons(self) -> bool:
        return may_manage_leads(self.request.user)

    def get_add_url(self) -> str:
        return reverse("desk:add-lead")

    @cached_property
    def add_item_label(self) -> str:
        return _("Add a lead")

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        if not self.show_export_buttons:
            return []
        address = f"{self.index_url}?{list_query(self.request.GET)}&export="
        return [
            Button(_("Download CSV"), url=f"{address}csv", icon_name="download"),
            Button(_("Download XLSX"), url=f"{address}xlsx", icon_name="download"),
        ]

    def export(self) -> HttpResponseBase:
        """Return every lead that the list shows as a file."""
        query = list_query(self.request.GET)
        leads = self.paginator_of(self.get_queryset(), 1).sorted()
        try:
            return export_leads(
                leads, file_format=self.request.GET["export"], actor=self.request.user, query=query
            )
        except TooManyForWorkbook:
            messages.error(
                self.request,
                _("A workbook takes at most %(most)s leads. Download CSV instead, or narrow the list.")
                % {"most": f"{MOST_IN_XLSX:,}"},
            )
            return redirect(f"{self.index_url}?{query}")
