"""The posts of the lead page by which a lead is worked."""

from typing import Any

from django.utils.translation import gettext as _

from enrollment.admin.forms import DoneForm, LeadForm, NextActionForm, NoteForm, OwnerForm, StageForm
from enrollment.admin.views.lead_page import LeadFormView
from enrollment.desk import add_note, assign_owner, change_stage, plan_next_action


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
