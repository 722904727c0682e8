"""The Leads menu of the CMS. Every screen of the desk has its line here."""

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from enrollment.admin.permissions import may_manage_leads, may_work_leads


class DeskItem(MenuItem):
    """A line for everybody who works leads."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_work_leads(request.user)


class ManagerItem(MenuItem):
    """A line for admissions leads and admins."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_manage_leads(request.user)


SET_UP_ITEMS: list[MenuItem] = [
    ManagerItem(
        _("Counsellors"), reverse_lazy("counsellors:list"), name="counsellors", icon_name="user", order=5
    ),
    ManagerItem(
        _("Opening hours and holidays"), reverse_lazy("desk:hours"), name="hours", icon_name="time", order=7
    ),
    ManagerItem(_("Stages"), reverse_lazy("stages:list"), name="stages", icon_name="grid", order=10),
    ManagerItem(
        _("Closing reasons"),
        reverse_lazy("closing_reasons:list"),
        name="closing-reasons",
        icon_name="folder-inverse",
        order=20,
    ),
    ManagerItem(
        _("Sources"), reverse_lazy("sources:list"), name="capture-sources", icon_name="link", order=60
    ),
]
"""What sets up the desk."""

FOLLOW_UP_ITEMS: list[MenuItem] = [
    DeskItem(_("Deliveries"), reverse_lazy("desk:deliveries"), name="deliveries", icon_name="mail", order=5),
    ManagerItem(
        _("Sequences"),
        reverse_lazy("sequences:list"),
        name="sequences",
        icon_name="calendar-check",
        order=10,
    ),
    ManagerItem(
        _("Texts"),
        reverse_lazy("message_templates:list"),
        name="message-templates",
        icon_name="mail",
        order=20,
    ),
]
"""Messages that go out by themselves, and the texts of all messages."""

DESK_ITEMS: list[MenuItem] = [
    DeskItem(_("List"), reverse_lazy("leads:list"), name="lead-list", icon_name="list-ul", order=10),
    DeskItem(_("Board"), reverse_lazy("desk:board"), name="lead-board", icon_name="grid", order=20),
    DeskItem(
        _("Add a lead"), reverse_lazy("desk:add-lead"), name="lead-add", icon_name="plus-inverse", order=30
    ),
    DeskItem(
        _("Waiting lists"),
        reverse_lazy("desk:waiting-lists"),
        name="waiting-lists",
        icon_name="time",
        order=40,
    ),
    SubmenuMenuItem(
        _("Follow-ups"), Menu(items=FOLLOW_UP_ITEMS), name="follow-ups", icon_name="mail", order=45
    ),
    ManagerItem(
        _("Duplicates"), reverse_lazy("desk:duplicates"), name="lead-duplicates", icon_name="copy", order=50
    ),
    ManagerItem(_("Reports"), reverse_lazy("desk:report"), name="lead-reports", icon_name="table", order=60),
    ManagerItem(_("Import"), reverse_lazy("desk:imports"), name="lead-import", icon_name="upload", order=70),
    ManagerItem(
        _("Daily count"),
        reverse_lazy("desk:reconciliation"),
        name="lead-reconciliation",
        icon_name="success",
        order=80,
    ),
    ManagerItem(_("Privacy"), reverse_lazy("desk:privacy"), name="lead-privacy", icon_name="lock", order=90),
    SubmenuMenuItem(_("Set-up"), Menu(items=SET_UP_ITEMS), name="desk-set-up", icon_name="cogs", order=100),
]


def desk_menu() -> SubmenuMenuItem:
    """Return the menu; Wagtail hides it from who may see none of its lines."""
    return SubmenuMenuItem(_("Leads"), Menu(items=DESK_ITEMS), name="leads", icon_name="group", order=10)
