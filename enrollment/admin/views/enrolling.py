"""The posts of the lead page that give, move and take places in courses."""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from courses.models import Cohort
from enrollment import waiting
from enrollment.admin.forms.enrolling import EnrolForm, TransferForm, WithdrawForm
from enrollment.admin.views.lead_page import LeadFormView
from enrollment.enrolling import Placement, place_lead, price_change, transfer, withdraw
from enrollment.errors import CohortFull
from enrollment.models import Enrollment, WaitingPlace

OTHERS_SHOWN = 4


class SeatView(LeadFormView):
    """A post that takes a seat; when none is left, a page says what can be done instead."""

    template_without_seat = "enrollment/admin/_enrol_full.html"
    full: Cohort | None = None

    def act(self, form: Any) -> str:
        try:
            return self.take(form)
        except CohortFull:
            self.full = form.cleaned_data["cohort"]
            raise

    def take(self, form: Any) -> str:
        """Take the seat and return what to tell the user."""
        raise NotImplementedError

    def refuse(self, form: Any, *, status: int) -> HttpResponse:
        if self.full is None:
            return super().refuse(form, status=status)
        cohort = self.full
        others = Cohort.objects.upcoming().with_seats().filter(course=cohort.course_id)
        context = self.get_context_data() | {
            "cohort": cohort,
            "form_name": form.name,
            "was_shown": form.seat_was_shown(),
            "price": form.cleaned_data["price"],
            "enrollment": form.cleaned_data.get("enrollment"),
            "waiting_count": WaitingPlace.objects.in_line().filter(cohort=cohort).count(),
            "others": others.exclude(pk=cohort.pk).select_related("course")[:OTHERS_SHOWN],
        }
        return TemplateResponse(self.request, self.template_without_seat, context, status=409)


class EnrolView(SeatView):
    """Enrol the person in a course, or let them wait for a full cohort."""

    form_class = EnrolForm

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if "wait" in request.POST and form.is_valid() and form.cleaned_data["cohort"] is None:
            form.add_error("cohort", _("Choose the cohort to wait for"))
            return self.refuse(form, status=422)
        return super().post(request, *args, **kwargs)

    def take(self, form: EnrolForm) -> str:
        if "wait" in self.request.POST:
            return self.wait(form)
        data = form.cleaned_data
        placement = place_lead(
            lead=self.object,
            course=data["course"],
            cohort=data["cohort"],
            price=data["price"],
            actor=self.request.user,
        )
        enrollment = placement.enrollment
        if placement.outcome == Placement.Outcome.MOVED:
            said = _("%(name)s has moved to the cohort %(cohort)s and is told by e-mail.")
        elif placement.outcome == Placement.Outcome.SAME:
            said = _("%(name)s was enrolled in %(course)s already.")
        elif enrollment.state == Enrollment.State.INVITED:
            said = _("%(name)s is enrolled in %(course)s and gets an invitation by e-mail.")
        else:
            said = _("%(name)s is enrolled in %(course)s.")
        return said % {
            "name": self.object.person.name,
            "course": enrollment.course.title,
            "cohort": enrollment.cohort,
        }

    def wait(self, form: EnrolForm) -> str:
        data = form.cleaned_data
        place = waiting.join(
            lead=self.object, cohort=data["cohort"], price=data["price"], actor=self.request.user
        )
        return _("%(name)s is number %(position)d on the waiting list of %(cohort)s.") % {
            "name": self.object.person.name,
            "position": waiting.position(place),
            "cohort": data["cohort"],
        }


class TransferView(SeatView):
    """Move an enrolment to another cohort or course."""

    form_class = TransferForm

    def take(self, form: TransferForm) -> str:
        data = form.cleaned_data
        known: Enrollment = data["enrollment"]
        price = known.price_agreed if data["price"] is None else data["price"]
        placement = transfer(
            known,
            lead=self.object,
            course=data["course"],
            cohort=data["cohort"],
            price=price,
            actor=self.request.user,
        )
        enrollment = placement.enrollment
        said = _("%(name)s has moved to %(course)s and is told by e-mail.") % {
            "name": self.object.person.name,
            "course": enrollment.cohort or enrollment.course.title,
        }
        if enrollment.price_agreed is None:
            return said
        return f"{said} {price_change(known.price_agreed, enrollment.price_agreed)}."


class WithdrawView(LeadFormView):
    """End an enrolment and give its seat back."""

    form_class = WithdrawForm

    def act(self, form: Any) -> str:
        data = form.cleaned_data
        enrollment = withdraw(
            data["enrollment"],
            actor=self.request.user,
            reason=data["reason"],
            stage=data["stage"],
            closing=data["closing"],
        )
        return _("%(name)s is withdrawn from %(course)s.") % {
            "name": self.object.person.name,
            "course": enrollment.course.title,
        }
