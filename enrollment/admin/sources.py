"""Setting up which systems may send leads."""

from typing import ClassVar

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, TitleColumn
from wagtail.snippets.views.snippets import CreateView

from accounts.models import User
from enrollment.admin.permissions import ManagedPolicy
from enrollment.admin.pipeline import SetUpViewSet
from enrollment.capture import make_key
from enrollment.models import CaptureSource

SHOWN_ONCE = "capture_secret"
"""Where a session keeps which secret it may see, until it has."""


class SourcePolicy(ManagedPolicy):
    """Sources are switched off, not deleted: their leads keep where they came from."""

    def user_has_permission(self, user: User, action: str) -> bool:  # type: ignore[override]
        return action != "delete" and super().user_has_permission(user, action)


class SourceForm(WagtailAdminModelForm):
    """A source; its key is made from its first name and never changes."""

    def save(self, commit: bool = True) -> CaptureSource:
        if not self.instance.key:
            self.instance.key = make_key(self.cleaned_data["name"])
        return super().save(commit=commit)


class SourceCreateView(CreateView):
    """Makes a source and goes on to the screen that shows its secret, this once."""

    def get_success_url(self) -> str:
        show_secret_once(self.request, self.object)
        return reverse("desk:source", args=[self.object.pk])


def show_secret_once(request: HttpRequest, source: CaptureSource) -> None:
    """Let the next look at the source's screen show its secret."""
    request.session[SHOWN_ONCE] = f"{source.pk}:{source.secret_number}"


class CaptureSourceViewSet(SetUpViewSet):
    """Systems that send leads by the signed address."""

    model = CaptureSource
    icon = "link"
    menu_label = _("Sources")
    admin_url_namespace = "sources"
    base_url_path = "leads/sources"
    add_view_class = SourceCreateView
    empty_text = _(
        "A partner, a portal or an advertising form can send its leads by itself. Add it, and you get the "
        "address, key and secret to hand on, with an example that works."
    )
    list_display: ClassVar = (
        "name",
        BooleanColumn("is_active", label=_("Accepted")),
        Column("lead_count", label=_("Leads")),
        DateColumn("last_used_at", label=_("Last used")),
        TitleColumn(
            "sending",
            label=_("How to send"),
            accessor=lambda source: _("Address and secret"),
            get_url=lambda source: reverse("desk:source", args=[source.pk]),
        ),
    )
    ordering = "name"
    edit_handler = ObjectList(
        [
            FieldPanel("name", help_text=_("Such as the name of the partner or of the advertising form.")),
            FieldPanel("is_active", help_text=_("Untick it to refuse what the source sends from now on.")),
        ],
        base_form_class=SourceForm,
    )

    @property
    def permission_policy(self) -> SourcePolicy:
        return SourcePolicy(self.model)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaptureSource]:
        return CaptureSource.objects.annotate(lead_count=Count("leads"))
