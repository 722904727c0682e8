"""The Leads menu of the CMS. Every screen of the desk has its line here."""

from typing import Any

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


DESK_ITEMS: list[MenuItem] = [
    DeskItem(_("List"), reverse_lazy("leads:list"), name="lead-list", icon_name="list-ul", order=10),
]


def desk_menu() -> SubmenuMenuItem:
    """Return the menu; Wagtail hides it from who may see none of its lines."""
    menu: Any = Menu(items=DESK_ITEMS)
    return SubmenuMenuItem(_("Leads"), menu, name="leads", icon_name="group", order=10)
