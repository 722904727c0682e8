"""Setting up who gets new leads: courses, hours, room and leave."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.views.snippets import CreateView, EditView

from accounts.models import User
from courses import wall_clock
from courses.models import CoursePage
from enrollment.access import admissions_workers
from enrollment.admin.now import roster_for
from enrollment.admin.pipeline import SetUpIndexView, SetUpViewSet
from enrollment.models import Counsellor, Lead
from enrollment.roster import Seat, read_roster

WEEKDAYS = (
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
)


class WeekdaysField(forms.MultipleChoiceField):
    """Weekdays as checkboxes, kept as their digits in one string."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> str:
        return "".join(sorted(super().clean(value)))


class CounsellorForm(WagtailAdminModelForm):
    """How one person takes part."""

    user = forms.ModelChoiceField(
        label=_("Person"),
        queryset=User.objects.none(),
        error_messages={
            "required": _("Choose a person"),
            "invalid_choice": _("Choose somebody who works leads and isn't a counsellor yet"),
        },
    )
    courses = forms.ModelMultipleChoiceField(
        label=_("Courses"),
        queryset=CoursePage.objects.order_by("title"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Leads about these courses, and leads that name none. Choose none for every course."),
    )
    days_off = WeekdaysField(
        label=_("Days off"),
        choices=WEEKDAYS,
        required=False,
        help_text=_("Besides the days on which the institute is closed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = Counsellor.objects.exclude(pk=self.instance.pk).values("user")
        free = Q(pk__in=admissions_workers().values("pk")) & ~Q(pk__in=taken)
        people = User.objects.filter(free | Q(pk=self.instance.user_id))
        self.fields["user"].queryset = people.order_by("first_name", "last_name", "email")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if (starts_at is None) != (ends_at is None) and not self.errors.keys() & {"starts_at", "ends_at"}:
            self.add_error(
                "ends_at" if ends_at is None else "starts_at",
                _("Enter both times, or leave both empty for the institute's hours"),
            )
        return cleaned

    def save(self, commit: bool = True) -> Counsellor:
        """Keep whose turn it is: a lead may have been given while the form was open."""
        turn = Counsellor.objects.filter(pk=self.instance.pk).values_list("last_assigned_at", flat=True)
        self.instance.last_assigned_at = turn.first()
        return super().save(commit=commit)


class SeatColumn(Column):
    """What the roster says about a counsellor at this moment."""

    def get_cell_context_data(
        self, instance: Counsellor, parent_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        roster = roster_for(parent_context.get("request"))
        seat = next(seat for seat in roster.seats if seat.counsellor.pk == instance.pk)
        return context | {"value": self.words(seat)}

    def get_value(self, instance: Counsellor) -> str:
        return ""

    def words(self, seat: Seat) -> str:
        return seat.state


class DeskColumn(SeatColumn):
    """Open leads, and how many there may be."""

    def words(self, seat: Seat) -> str:
        capacity = seat.counsellor.capacity
        if capacity is None:
            return str(seat.open_leads)
        return gettext("%(open)s of %(capacity)s") % {"open": seat.open_leads, "capacity": capacity}


class CoursesColumn(SeatColumn):
    """How many courses they take leads of."""

    def words(self, seat: Seat) -> str:
        count = len(seat.courses)
        words = ngettext("%(count)d course", "%(count)d courses", count) % {"count": count}
        return words if count else gettext("All")


class CounsellorIndexView(SetUpIndexView):
    """The list, with the way to the leads that wait."""

    @property
    def header_buttons(self) -> list[HeaderButton]:
        waiting = HeaderButton(_("Leads without an owner"), url=reverse("desk:unassigned"), icon_name="group")
        return [*super().header_buttons, waiting]


class OffersHandOver:
    """After saving somebody who is away, offers to give their open leads to others."""

    object: Counsellor
    request: HttpRequest

    def form_valid(self, form: CounsellorForm) -> HttpResponse:
        response = super().form_valid(form)  # type: ignore[misc]
        offer_hand_over(self.request, self.object.user)
        return response


def offer_hand_over(request: HttpRequest, user: User) -> None:
    """Say how many open leads somebody who is away or left has, with the way to give them to others."""
    seat = next((seat for seat in read_roster().seats if seat.counsellor.user_id == user.pk), None)
    is_away = seat.is_away if seat else not admissions_workers().filter(pk=user.pk).exists()
    count = Lead.objects.open().filter(owner=user).count() if is_away else 0
    if not count:
        return
    messages.warning(
        request,
        ngettext(
            "%(name)s is away and has %(count)d open lead.",
            "%(name)s is away and has %(count)d open leads.",
            count,
        )
        % {"name": user, "count": count},
        buttons=[messages.button(reverse("desk:hand-over", args=[user.pk]), _("Reassign their open leads"))],
    )


class CounsellorEditView(OffersHandOver, EditView):
    """Changing how somebody takes part."""


class CounsellorCreateView(OffersHandOver, CreateView):
    """Taking somebody into the round-robin."""


class CounsellorViewSet(SetUpViewSet):
    """Who gets new leads."""

    model = Counsellor
    icon = "user"
    admin_url_namespace = "counsellors"
    base_url_path = "leads/counsellors"
    index_view_class = CounsellorIndexView
    empty_text = _(
        "New leads go round among counsellors. Until you add one, every lead waits without an owner."
    )
    add_view_class = CounsellorCreateView
    edit_view_class = CounsellorEditView
    list_display: ClassVar = (
        "__str__",
        SeatColumn("state", label=_("Now")),
        DeskColumn("open", label=_("Open leads")),
        CoursesColumn("courses", label=_("Courses")),
        Column(
            "last_assigned_at",
            label=_("Last new lead"),
            accessor=lambda row: (
                date_format(wall_clock.local(row.last_assigned_at), "j M, H:i")
                if row.last_assigned_at
                else _("None yet")
            ),
        ),
    )
    list_per_page = 50
    edit_handler = ObjectList(
        [
            FieldPanel("user"),
            FieldPanel("takes_leads"),
            FieldPanel("capacity"),
            FieldPanel("courses"),
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]), FieldPanel("days_off")],
                heading=_("Working hours"),
            ),
            InlinePanel(
                "leaves",
                panels=[FieldRowPanel([FieldPanel("first_day"), FieldPanel("last_day")])],
                heading=_("Leave"),
                label=_("Leave"),
                help_text=_("Nobody gets a new lead while on leave."),
            ),
        ],
        base_form_class=CounsellorForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Counsellor]:
        return Counsellor.objects.select_related("user")
