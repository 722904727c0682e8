"""Opening hours and holidays, by which every promise to answer is counted."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.views.generic import EditView

from courses.models import InstituteSettings
from courses.models.institute import WEEKDAYS
from enrollment.admin.permissions import ManagedPolicy, manager_screen

HOURS_PANEL = ObjectList(
    [
        MultiFieldPanel([FieldRowPanel([FieldPanel(day) for day in WEEKDAYS])], heading=_("Open on")),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at")]),
                FieldPanel("answer_within_hours"),
            ],
            heading=_("Hours and promise"),
            help_text=_(
                "The clock of a promised answer runs in these hours alone. Counsellors may have hours of "
                "their own within them. Promises that were made stay as they are."
            ),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("follow_up_from"), FieldPanel("follow_up_until")]),
                FieldPanel("follow_ups_a_day"),
            ],
            heading=_("Follow-ups"),
            help_text=_("Messages that leave by themselves: by day where the person is, and on no holiday."),
        ),
        InlinePanel(
            "holidays",
            heading=_("Holidays"),
            label=_("Holiday"),
            help_text=_(
                "The institute is closed: no promise runs, nobody gets a new lead and no follow-up leaves."
            ),
        ),
    ]
)


class HoursView(EditView):
    """The part of the institute's settings that admissions leads run their team by.

    The other settings, such as the institute's name and how long data is kept, are an admin's.
    """

    model = InstituteSettings
    permission_policy = ManagedPolicy(InstituteSettings)
    page_title = _("Opening hours and holidays")
    header_icon = "time"
    success_message = _("Opening hours and holidays are saved.")
    error_message = _("Nothing was saved. Put right what is marked below.")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = self.get_object()

    def get_object(self, queryset: Any = None) -> InstituteSettings:
        return InstituteSettings.current()

    def get_panel(self) -> Any:
        return HOURS_PANEL.bind_to_model(InstituteSettings)

    def get_page_subtitle(self) -> str:
        return ""

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": "", "label": self.page_title},
        ]

    def get_edit_url(self) -> str:
        return reverse("desk:hours")

    def get_success_url(self) -> str:
        return reverse("desk:hours")

    def get_success_message(self, instance: Any = None) -> Any:
        return self.success_message


hours = manager_screen(HoursView.as_view())
