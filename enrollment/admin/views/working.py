"""The posts of the lead page by which a lead is worked."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.admin.forms import (
    DoneForm,
    LeadForm,
    NextActionForm,
    NoteForm,
    OwnerForm,
    QuickPlanForm,
    StageForm,
    TakeForm,
)
from enrollment.admin.permissions import may_manage_leads
from enrollment.admin.views.lead_page import LeadFormView
from enrollment.desk import add_note, assign_owner, change_stage, plan_next_action
from enrollment.errors import ChangedMeanwhile


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
            lead=self.object,
            stage=data["stage"],
            actor=self.request.user,
            shown=data["shown"],
            reason=data["reason"],
        )
        return _("Stage: %(stage)s.") % {"stage": lead.stage.name}


class OwnerView(LeadFormView):
    """Give the lead to somebody; plain admissions take an unowned one or give their own back."""

    form_class = OwnerForm

    def get_form(self) -> LeadForm:
        if may_manage_leads(self.request.user):
            return super().get_form()
        return TakeForm(self.request.POST, lead=self.object, actor=self.request.user)

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        lead = assign_owner(
            lead=self.object, owner=data["owner"], actor=self.request.user, shown=data["shown"]
        )
        return _("Owner: %(owner)s.") % {"owner": lead.owner or _("Nobody")}

    def shown_again(self, error: ChangedMeanwhile) -> LeadForm:
        """Return the form again; who may not assign leads is told who has it now."""
        if may_manage_leads(self.request.user):
            return super().shown_again(error)
        form = self.get_form()
        form.is_valid()
        owner = self.object.owner or _("nobody")
        form.add_error(None, _("This lead belongs to %(owner)s now.") % {"owner": owner})
        return form


class NextActionView(LeadFormView):
    """Plan the next action, or tick it off."""

    form_class = NextActionForm

    @property
    def is_done(self) -> bool:
        return "done" in self.request.POST

    def get_form(self) -> LeadForm:
        if self.is_done:
            return DoneForm(self.request.POST, lead=self.object)
        if "quick" in self.request.POST:
            return QuickPlanForm(self.request.POST, lead=self.object)
        return super().get_form()

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        self.planned = (data.get("action", ""), data.get("at"))
        lead = plan_next_action(
            lead=self.object,
            action=self.planned[0],
            at=self.planned[1],
            actor=self.request.user,
            shown=data["shown"],
        )
        if not lead.next_action_at:
            return _("Next action done.")
        when = date_format(timezone.localtime(lead.next_action_at), "D j M, H:i")
        return _("Next action planned: %(action)s, %(when)s.") % {"action": lead.next_action, "when": when}

    def refuse(self, form: LeadForm, *, status: int) -> HttpResponse:
        if isinstance(form, QuickPlanForm):
            problems = form.errors
            form = NextActionForm(self.request.POST, lead=self.object)
            form.is_valid()
            form.errors.clear()
            form.errors.update(
                {name if name in form.fields else "at": said for name, said in problems.items()}
            )
        return super().refuse(form, status=status)

    def typed(self, now: dict[str, Any]) -> dict[str, Any]:
        """Return what was typed, with a usual time as its moment; after "Done", the plan as it is now."""
        if self.is_done:
            return now
        action, at = self.planned
        return {"action": action, "at": timezone.localtime(at).strftime("%Y-%m-%dT%H:%M") if at else ""}
