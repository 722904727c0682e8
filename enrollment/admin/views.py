"""The lead list, the lead page and the posts of its forms."""

from typing import Any

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log
from wagtail.snippets.views.snippets import EditView, IndexView, InspectView

from courses.models import Cohort, InstituteSettings
from enrollment.admin.exports import export_row
from enrollment.admin.forms import (
    LEAD_FORMS,
    CohortForm,
    DoneForm,
    EnrolForm,
    LeadForm,
    NextActionForm,
    NoteForm,
    OwnerForm,
    StageForm,
    WithdrawForm,
    too_few_seats,
)
from enrollment.admin.permissions import may_export_leads, may_work_leads
from enrollment.admin.search import find_leads
from enrollment.admin.timeline import contacts, details, related_leads, timeline
from enrollment.desk import add_note, assign_owner, change_stage, plan_next_action
from enrollment.enrolling import Placement, place_lead, withdraw
from enrollment.errors import ChangedMeanwhile, EnrollmentError
from enrollment.models import Enrollment, Lead

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
        return Lead.objects.select_related("person", "course", "owner").prefetch_related(
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


class LeadPageView(InspectView):
    """Everything about one lead, and the forms to work it."""

    template_name = "enrollment/admin/lead.html"

    def get_fields(self) -> list[str]:
        return []

    def get_object(self, queryset: QuerySet[Lead] | None = None) -> Lead:
        leads = Lead.objects.select_related("person__user", "course", "owner")
        return get_object_or_404(leads.prefetch_related("person__contact_points"), pk=self.pk)

    def get_page_title(self) -> str:
        return self.object.person.name

    def get_page_subtitle(self) -> str:
        return self.object.reference

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.index_url_name), "label": _("Leads")},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = self.object
        staff = self.request.user
        institute = InstituteSettings.for_request(self.request)
        bound: LeadForm | None = kwargs.pop("bound", None)
        forms = {form.name: form(lead=lead) for form in LEAD_FORMS} if may_work_leads(staff) else {}
        if bound:
            forms[bound.name] = bound
        return super().get_context_data(**kwargs) | {
            "lead": lead,
            "contacts": contacts(lead, institute=institute, staff_name=staff.name),
            "details": details(lead),
            "consents": lead.person.consents.order_by("-created_at", "-pk"),
            "enrollments": lead.enrollments.select_related("course", "cohort__course", "learner"),
            "related": related_leads(lead),
            "timeline": timeline(lead),
            "forms": forms,
            "bound": bound,
        }


class LeadFormView(LeadPageView):
    """The post of one form of the lead page.

    Success leads back to the page. What can't be done answers 422 (409 when somebody else was
    faster) with the same page, the reason at the field, and everything that was typed.
    """

    form_class: type[LeadForm]
    any_permission_required = None
    permission_required = "work"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.page_url)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if not form.is_valid():
            return self.refuse(form, status=422)
        try:
            said = self.act(form)
        except ChangedMeanwhile as error:
            self.object = self.get_object()
            return self.refuse(self.shown_again(error), status=409)
        except EnrollmentError as error:
            form.add_error(None, str(error))
            return self.refuse(form, status=422)
        return self.done(said)

    @property
    def page_url(self) -> str:
        return reverse("leads:inspect", args=[quote(self.object.pk)])

    def get_form(self) -> LeadForm:
        return self.form_class(self.request.POST, lead=self.object)

    def act(self, form: LeadForm) -> str:
        """Do what the form asks and return what to tell the user."""
        raise NotImplementedError

    def done(self, said: str) -> HttpResponse:
        messages.success(self.request, said)
        return redirect(self.page_url)

    def refuse(self, form: LeadForm, *, status: int) -> HttpResponse:
        return self.render_to_response(self.get_context_data(bound=form), status=status)

    def shown_again(self, error: ChangedMeanwhile) -> LeadForm:
        """Return the form with the choice kept and the news of who was faster, ready to send again."""
        now = dict(self.form_class(lead=self.object).initial)
        form = self.form_class(self.typed(now) | {"shown": str(now["shown"])}, lead=self.object)
        form.is_valid()
        when = date_format(timezone.localtime(error.at), "H:i") if error.at else ""
        field = next(iter(form.fields))
        form.add_error(
            field,
            _("%(by)s changed this to %(what)s at %(when)s. Save again to use your choice.")
            % {"by": error.by, "what": error.what, "when": when},
        )
        return form

    def typed(self, now: dict[str, Any]) -> dict[str, Any]:
        """Return what a refused form shows: what was typed."""
        return self.request.POST.dict()


class NoteView(LeadFormView):
    """Write a note."""

    form_class = NoteForm

    def act(self, form: LeadForm) -> str:
        add_note(lead=self.object, text=form.cleaned_data["text"], actor=self.request.user)
        return _("Note added.")


class StageView(LeadFormView):
    """Move the lead to another stage."""

    form_class = StageForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        lead = change_stage(
            lead=self.object, stage=data["stage"], actor=self.request.user, shown=data["shown"]
        )
        return _("Stage: %(stage)s.") % {"stage": lead.get_stage_display()}


class OwnerView(LeadFormView):
    """Give the lead to somebody."""

    form_class = OwnerForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        lead = assign_owner(
            lead=self.object, owner=data["owner"], actor=self.request.user, shown=data["shown"]
        )
        return _("Owner: %(owner)s.") % {"owner": lead.owner or _("Nobody")}


class NextActionView(LeadFormView):
    """Plan the next action, or tick it off."""

    form_class = NextActionForm

    @property
    def is_done(self) -> bool:
        return "done" in self.request.POST

    def get_form(self) -> LeadForm:
        return DoneForm(self.request.POST, lead=self.object) if self.is_done else super().get_form()

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        plan_next_action(
            lead=self.object,
            action=data.get("action", ""),
            at=data.get("at"),
            actor=self.request.user,
            shown=data["shown"],
        )
        return _("Next action done.") if self.is_done else _("Next action planned.")

    def typed(self, now: dict[str, Any]) -> dict[str, Any]:
        """Return what was typed; after "Done", the plan as it is now."""
        return now if self.is_done else super().typed(now)


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


LEAD_FORM_VIEWS: list[type[LeadFormView]] = [
    NoteView,
    StageView,
    OwnerView,
    NextActionView,
    EnrolView,
    WithdrawView,
]


class CohortEditView(EditView):
    """Edits a cohort; a seat taken between the check and the writing is told at the field."""

    def form_valid(self, form: CohortForm) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            now = Cohort.objects.get(pk=self.object.pk)
            if form.cleaned_data["seats"] >= now.seats_taken:
                raise
            form.add_error("seats", too_few_seats(now))
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)
