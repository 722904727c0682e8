"""The posts of the lead page by which staff get in touch with a person."""

from urllib.parse import quote

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.admin.forms import BookForm, CallForm, ChatForm, LeadForm, MailForm
from enrollment.admin.views.lead_page import LeadFormView
from enrollment.contacting import book_call, log_call, log_chat, send_mail


class CallView(LeadFormView):
    """Write down how a call ended."""

    form_class = CallForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        event = log_call(
            lead=self.object,
            outcome=data["outcome"],
            actor=self.request.user,
            note=data["text"],
            back_at=data["at"],
            shown=data["shown"],
        )
        return _("Call noted: %(outcome)s.") % {"outcome": event.get_outcome_display().lower()}


class ChatView(LeadFormView):
    """Note a WhatsApp message and lead to WhatsApp, where it is sent; opens in a page of its own."""

    form_class = ChatForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        log_chat(lead=self.object, text=data["text"], actor=self.request.user)
        number = data["to"].lstrip("+")
        return f"https://wa.me/{number}?text={quote(data['text'])}"

    def done(self, said: str) -> HttpResponse:
        """Lead on by a page: the content policy lets no form lead to another site."""
        context = {"whatsapp_url": said, "lead": self.object, "page_url": self.page_url}
        return TemplateResponse(self.request, "enrollment/admin/whatsapp.html", context)


class MailView(LeadFormView):
    """Send a mail."""

    form_class = MailForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        send_mail(
            lead=self.object,
            to=data["to"],
            subject=data["subject"],
            text=data["text"],
            key=data["key"],
            actor=self.request.user,
        )
        return _("The mail to %(to)s is on its way; the timeline shows when it has left.") % data


class BookView(LeadFormView):
    """Book a call."""

    form_class = BookForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        book_call(
            lead=self.object,
            at=data["at"],
            actor=self.request.user,
            tell_at=data["tell_at"],
            shown=data["shown"],
        )
        when = date_format(timezone.localtime(data["at"]), "l j F, H:i")
        if data["tell_at"]:
            return _("Call booked: %(when)s. %(name)s is told by e-mail.") % {
                "when": when,
                "name": self.object.person.name,
            }
        return _("Call booked: %(when)s.") % {"when": when}
