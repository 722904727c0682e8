"""The posts of the lead page that give and take places in courses."""

from django.utils.translation import gettext as _

from enrollment.admin.forms import EnrolForm, LeadForm, WithdrawForm
from enrollment.admin.views.lead_page import LeadFormView
from enrollment.enrolling import Placement, place_lead, withdraw
from enrollment.models import Enrollment


class EnrolView(LeadFormView):
    """Enrol the person in a course."""

    form_class = EnrolForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        placement = place_lead(
            lead=self.object, course=data["course"], cohort=data["cohort"], actor=self.request.user
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


class WithdrawView(LeadFormView):
    """End an enrolment and give its seat back."""

    form_class = WithdrawForm

    def act(self, form: LeadForm) -> str:
        enrollment = withdraw(form.cleaned_data["enrollment"], actor=self.request.user)
        return _("%(name)s is withdrawn from %(course)s.") % {
            "name": self.object.person.name,
            "course": enrollment.course.title,
        }
