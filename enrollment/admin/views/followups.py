"""The posts of the lead page about follow-ups, and an answer that staff write down."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.admin.forms import (
    EditForm,
    LeadForm,
    OriginalForm,
    ReplyForm,
    ResumeForm,
    SnoozeForm,
    StartForm,
    StopForm,
)
from enrollment.admin.permissions import may_manage_leads
from enrollment.admin.views.lead_page import LeadFormView
from enrollment.contacting import log_reply
from enrollment.followups import snoozing
from enrollment.followups.starting import start_by_hand


class ReplyView(LeadFormView):
    """Write down what the person answered."""

    form_class = ReplyForm

    def act(self, form: LeadForm) -> str:
        log_reply(lead=self.object, text=form.cleaned_data["text"], actor=self.request.user)
        return _("Answer noted. Follow-ups that end with an answer have stopped.")


class SnoozeView(LeadFormView):
    """Let a run wait."""

    form_class = SnoozeForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        run = snoozing.snooze(data["run"], data["until"], self.request.user)
        return _("Nothing of “%(name)s” leaves before %(day)s.") % {
            "name": run.sequence.name,
            "day": date_format(data["until"], "l j F"),
        }


class ResumeView(LeadFormView):
    """Let a snoozed run go on."""

    form_class = ResumeForm

    def act(self, form: LeadForm) -> str:
        run = snoozing.resume(form.cleaned_data["run"], self.request.user)
        return _("“%(name)s” goes on.") % {"name": run.sequence.name}


class StopView(LeadFormView):
    """End a run."""

    form_class = StopForm

    def act(self, form: LeadForm) -> str:
        run = snoozing.stop_by_hand(form.cleaned_data["run"], self.request.user)
        return _("“%(name)s” has stopped.") % {"name": run.sequence.name}


class EditView(LeadFormView):
    """Change what the next mail says."""

    form_class = EditForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        run = snoozing.edit_message(
            data["run"],
            data["subject"],
            data["text"],
            self.request.user,
            shown=data["shown"],
            may_manage=may_manage_leads(self.request.user),
        )
        return _("The next message of “%(name)s” leaves as you wrote it.") % {"name": run.sequence.name}


class OriginalView(LeadFormView):
    """Take an edited mail back to what the sequence says."""

    form_class = OriginalForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        run = snoozing.take_original_back(
            data["run"],
            self.request.user,
            shown=data["shown"],
            may_manage=may_manage_leads(self.request.user),
        )
        return _("The next message of “%(name)s” is the sequence's own again.") % {"name": run.sequence.name}


class StartView(LeadFormView):
    """Let the lead into a sequence."""

    form_class = StartForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        run = start_by_hand(data["sequence"], lead=self.object, key=data["key"], actor=self.request.user)
        return _("“%(name)s” has begun; below is what leaves next, and when.") % {"name": run.sequence.name}
