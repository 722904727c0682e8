"""The lead page, and what the posts of its forms share."""

from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.snippets.views.snippets import InspectView

from courses.models import InstituteSettings
from enrollment.admin.facts import calls_without_answer, contacts, details, related_leads, touches
from enrollment.admin.followups_on_lead import follow_ups
from enrollment.admin.forms import LEAD_FORMS, CallForm, LeadForm, OwnerForm
from enrollment.admin.forms.working import QUICK_TIMES
from enrollment.admin.permissions import may_manage_leads, may_work_leads
from enrollment.admin.starting_texts import start_from, starting_texts
from enrollment.admin.timeline import SHOWS, read_timeline
from enrollment.errors import (
    ChangedMeanwhile,
    EnrollmentError,
    FollowUpsEnded,
    InSequenceAlready,
    MessageLeft,
    NotWorkedAnyMore,
)
from enrollment.merging import kept_key
from enrollment.models import Lead, LeadTag
from enrollment.wording import values_for

MOST_KNOWN_TAGS = 200
TOO_LATE = (NotWorkedAnyMore, FollowUpsEnded, InSequenceAlready, MessageLeft)
"""Refusals because something happened meanwhile."""


class LeadPageView(InspectView):
    """Everything about one lead, and the forms to work it."""

    template_name = "enrollment/admin/lead.html"

    def get_fields(self) -> list[str]:
        return []

    def get_object(self, queryset: QuerySet[Lead] | None = None) -> Lead:
        leads = Lead.objects.select_related("person__user", "course", "owner", "stage", "closing_reason")
        leads = leads.prefetch_related("person__contact_points")
        return leads.filter(pk=self.pk).first() or get_object_or_404(leads, pk=kept_key(self.pk))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the lead; one that was merged away leads to the one that it is part of."""
        if str(self.object.pk) != str(self.pk):
            return redirect("leads:inspect", self.object.pk)
        return super().get(request, *args, **kwargs)

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
        bound: LeadForm | None = kwargs.pop("bound", None)
        asked, works = self.request.GET, may_work_leads(self.request.user)
        return super().get_context_data(**kwargs) | {
            "lead": lead,
            "now": timezone.now(),
            "contacts": contacts(lead),
            "tries": calls_without_answer(lead),
            "details": details(lead),
            "touches": touches(lead),
            "consents": lead.person.consents.select_related("actor").order_by("-created_at", "-pk"),
            "enrollments": lead.enrollments.select_related("course", "cohort__course", "learner"),
            "related": related_leads(lead),
            "tags": lead.tags.all(),
            "files": lead.files.select_related("actor"),
            "timeline": read_timeline(lead, show=asked.get("show", ""), older=asked.get("older", "")),
            "shows": [(name, label) for name, (label, _kinds) in SHOWS.items()],
            "bound": bound,
            "follow_ups": follow_ups(
                lead,
                staff=self.request.user if works else None,
                bound=bound,
                asked=asked.get("start", ""),
            ),
            **(self.get_work(bound) if works else {"forms": {}}),
        }

    def get_work(self, bound: LeadForm | None) -> dict[str, Any]:
        """Return the forms, and what they offer to choose from."""
        lead, staff = self.object, self.request.user
        forms = {form.name: form(lead=lead) for form in LEAD_FORMS}
        if may_manage_leads(staff):
            forms["owner"] = OwnerForm(lead=lead)
        institute = InstituteSettings.for_request(self.request)
        texts = starting_texts(values_for(lead, institute=institute, staff_name=staff.name))
        chosen = start_from(texts, forms, asked=self.request.GET.get("template", ""))
        if bound:
            forms[bound.name] = bound
        return {
            "forms": forms,
            "manages": may_manage_leads(staff),
            "texts": texts,
            "chosen": chosen,
            "quick_times": QUICK_TIMES,
            "outcomes": CallForm.BUTTONS,
            "known_tags": LeadTag.objects.values_list("name", flat=True)[:MOST_KNOWN_TAGS],
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
            return self.refuse(form, status=409 if isinstance(error, TOO_LATE) else 422)
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
