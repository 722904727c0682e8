"""The posts of the lead page that put facts right and keep tags and files; and reading a file."""

from typing import Any, cast

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.accesses import note_access
from enrollment.admin.forms import (
    FactsForm,
    FileForm,
    LeadForm,
    PointForm,
    TagForm,
    UnfileForm,
    UnpointForm,
    UntagForm,
)
from enrollment.admin.permissions import desk_screen
from enrollment.admin.views.lead_page import LeadFormView
from enrollment.correcting import (
    add_contact_point,
    correct_contact_point,
    correct_facts,
    facts_fields,
    remove_contact_point,
)
from enrollment.filing import add_file, remove_file
from enrollment.models import DataAccess, Lead, LeadFile
from enrollment.tagging import add_tags, remove_tag


class FactsView(LeadFormView):
    """Put name, interest, course and wishes right."""

    form_class = FactsForm

    def act(self, form: LeadForm) -> str:
        facts = cast(FactsForm, form).facts()
        correct_facts(
            lead=self.object, facts=facts, actor=self.request.user, shown=form.cleaned_data["shown"]
        )
        return _("Facts saved.")

    def typed(self, now: dict[str, Any]) -> dict[str, Any]:
        """Return what was changed here, and what somebody else changed elsewhere in the form."""
        posted = self.request.POST.dict()
        seen = facts_fields(posted.get("shown", ""))
        return {
            name: value if posted.get(name, "") == seen.get(name) else posted.get(name, "")
            for name, value in now.items()
        }


class PointView(LeadFormView):
    """Add an address or number, or correct one."""

    form_class = PointForm

    def act(self, form: LeadForm) -> str:
        data = form.cleaned_data
        value = {"value": data["stored"], "as_typed": data["value"], "actor": self.request.user}
        if data["point"]:
            correct_contact_point(lead=self.object, point=data["point"], **value)
        else:
            add_contact_point(lead=self.object, kind=data["kind"], **value)
        return _("Saved: %(value)s.") % {"value": data["value"]}


class UnpointView(LeadFormView):
    """Forget an address or number."""

    form_class = UnpointForm

    def act(self, form: LeadForm) -> str:
        point = form.cleaned_data["point"]
        remove_contact_point(lead=self.object, point=point, actor=self.request.user)
        return _("Removed: %(value)s.") % {"value": point.as_typed}


class TagView(LeadFormView):
    """Stick tags on."""

    form_class = TagForm

    def act(self, form: LeadForm) -> str:
        new = add_tags(lead=self.object, names=form.cleaned_data["names"], actor=self.request.user)
        if not new:
            return _("The lead has these tags already.")
        return _("Added: %(tags)s.") % {"tags": ", ".join(tag.name for tag in new)}


class UntagView(LeadFormView):
    """Take a tag off."""

    form_class = UntagForm

    def act(self, form: LeadForm) -> str:
        tag = form.cleaned_data["tag"]
        remove_tag(lead=self.object, tag=tag, actor=self.request.user)
        return _("Removed: %(tag)s.") % {"tag": tag.name}


class FileView(LeadFormView):
    """Keep a file."""

    form_class = FileForm

    def get_form(self) -> LeadForm:
        return FileForm(self.request.POST, lead=self.object, files=self.request.FILES)

    def act(self, form: LeadForm) -> str:
        upload = form.cleaned_data["file"]
        add_file(lead=self.object, upload=upload, name=upload.name, actor=self.request.user)
        return _("File added: %(name)s.") % {"name": upload.name}


class UnfileView(LeadFormView):
    """Delete a file."""

    form_class = UnfileForm

    def act(self, form: LeadForm) -> str:
        file = form.cleaned_data["file"]
        remove_file(lead=self.object, file=file, actor=self.request.user)
        return _("File deleted: %(name)s.") % {"name": file.name}


@desk_screen
def read_file(request: HttpRequest, pk: int, file: int) -> FileResponse:
    """Hand a file out, never shown in the page, and note who took it."""
    kept = get_object_or_404(
        LeadFile.objects.select_related("lead__person"), pk=file, lead__in=Lead.objects.filter(pk=pk)
    )
    stored = kept.file.open("rb")
    note_access(
        actor=cast(User, request.user),
        kind=DataAccess.Kind.FILE,
        count=1,
        query=f"{kept.lead.reference}: {kept.name}",
        person=kept.lead.person,
    )
    response = FileResponse(
        stored, as_attachment=True, filename=kept.name, content_type="application/octet-stream"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
