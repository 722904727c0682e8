"""Cohorts: editing them, who has a seat, and who waits for one."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column
from wagtail.snippets.views.snippets import EditView, IndexView

from accounts.access import SignedInRequest
from courses.models import Cohort
from enrollment import waiting
from enrollment.admin.forms.cohorts import CohortForm, too_few_seats
from enrollment.admin.permissions import desk_screen
from enrollment.errors import EnrollmentError
from enrollment.models import Person, WaitingPlace
from enrollment.seats import offer_free_seats

ENDED_SHOWN = 20


class FillColumn(Column):
    """How full a cohort is: seats taken, on offer and waited for."""

    cell_template_name = "enrollment/admin/cohorts/fill_column.html"

    def get_value(self, instance: Cohort) -> Cohort:
        return instance


class CohortIndexView(IndexView):
    """The list of cohorts; a title leads to the cohort's page, which everybody at the desk may open."""

    @cached_property
    def columns(self) -> list[Column]:
        """Leave out the boxes of Wagtail's bulk actions: cohorts are deleted one by one, by who may."""
        return [column for column in super().columns if not isinstance(column, BulkActionsCheckboxColumn)]

    def _get_custom_column(self, field_name: str, column_class: type = Column, **kwargs: Any) -> Column:
        if "get_url" in kwargs:
            kwargs["get_url"] = lambda found: reverse("desk:cohort", args=[found.pk])
        return super()._get_custom_column(field_name, column_class, **kwargs)

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("course").annotate(**place_counts())


class CohortEditView(EditView):
    """Edits a cohort; a seat taken between the check and the writing is told at the field.

    Seats that are added go to the waiting list.
    """

    def form_valid(self, form: CohortForm) -> HttpResponse:
        try:
            with transaction.atomic():
                response = super().form_valid(form)
                offer_free_seats(self.object.pk)
                return response
        except IntegrityError:
            now = Cohort.objects.get(pk=self.object.pk)
            if form.cleaned_data["seats"] >= now.seats_taken:
                raise
            form.add_error("seats", too_few_seats(now))
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)


@desk_screen
@require_safe
def cohort(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who is enrolled in a cohort, and who waits in which order; six queries."""
    found = get_object_or_404(Cohort.objects.select_related("course").annotate(**place_counts()), pk=pk)
    restricted = Person.objects.filter(user=OuterRef("learner"), restricted_at__isnull=False)
    places = WaitingPlace.objects.filter(cohort=found).select_related("lead__person", "lead__stage")
    context = {
        "cohort": found,
        "enrollments": found.enrollments.select_related("learner", "lead")
        .annotate(is_restricted=Exists(restricted))
        .order_by("state", "is_restricted", "learner__first_name", "learner__email"),
        "offered": places.filter(state=WaitingPlace.State.OFFERED).order_by("offer_until", "pk"),
        "line": places.in_line(),
        "paused": places.filter(state=WaitingPlace.State.WAITING, lead__set_aside="").exclude(
            pk__in=places.in_line().values("pk")
        ),
        "ended": places.exclude(state__in=WaitingPlace.OPEN_STATES).order_by("-joined_at", "-pk")[
            :ENDED_SHOWN
        ],
        "may_change": request.user.has_perm("courses.change_cohort"),
    }
    return render(request, "enrollment/admin/cohorts/cohort.html", context)


@desk_screen
@require_safe
def waiting_lists(request: HttpRequest) -> HttpResponse:
    """Show the cohorts that somebody waits for; one query."""
    cohorts = Cohort.objects.select_related("course").annotate(**place_counts())
    return render(
        request,
        "enrollment/admin/cohorts/waiting_lists.html",
        {"cohorts": cohorts.filter(Q(in_line__gt=0) | Q(on_offer__gt=0)).order_by("starts_on", "pk")},
    )


@desk_screen
@require_POST
def change_place(request: SignedInRequest, pk: int) -> HttpResponse:
    """Accept the offered seat for somebody, send them to the end of the line or take them off the list."""
    place = get_object_or_404(
        WaitingPlace.objects.select_related("cohort__course", "lead__person"), pk=pk, lead__set_aside=""
    )
    try:
        said = _change(place, request)
    except EnrollmentError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said % {"name": place.lead.person.name, "cohort": place.cohort})
    if request.POST.get("back") == "lead":
        return redirect("leads:inspect", place.lead_id)
    return redirect("desk:cohort", place.cohort_id)


def _change(place: WaitingPlace, request: SignedInRequest) -> str:
    wanted = request.POST.get("do")
    if wanted == "accept":
        done = waiting.accept(place, actor=request.user)
        return _("%(name)s has the seat in %(cohort)s and is told by e-mail.") if done else _already()
    if wanted == "skip":
        return (
            _("%(name)s went to the end of the line.")
            if waiting.skip(place, actor=request.user)
            else _already()
        )
    if wanted == "leave":
        return _("%(name)s is off the list.") if waiting.leave(place, actor=request.user) else _already()
    return _("Nothing was chosen for %(name)s.")


def _already() -> str:
    return _("Somebody settled this before: %(name)s doesn't wait any more.")


def place_counts() -> dict[str, Any]:
    """Return the annotations `in_line` and `on_offer` of cohorts."""
    waits = Q(waiting_places__state=WaitingPlace.State.WAITING, waiting_places__lead__set_aside="")
    return {
        "in_line": Count("waiting_places", filter=waits, distinct=True),
        "on_offer": Count(
            "waiting_places", filter=Q(waiting_places__state=WaitingPlace.State.OFFERED), distinct=True
        ),
    }
