"""The messages in the CMS: to look at, never to change."""

from typing import Any

from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from outbox.models import Message


class ViewOnlyPolicy(ModelPermissionPolicy):
    """Whoever may view messages may view them; nobody may add, change or delete one, admins included."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)


class MessageViewSet(ModelViewSet):
    """List and inspect. Text is shown as queued: private values stay [[names]]."""

    model = Message
    name = "messages"
    icon = "mail"
    menu_label = _("Messages")
    menu_order = 250
    add_to_admin_menu = True
    copy_view_enabled = False
    form_fields: list[str] = []  # nothing is ever edited; Wagtail asks all the same
    inspect_view_enabled = True
    inspect_view_fields = [
        "to",
        "subject",
        "text",
        "purpose",
        "state",
        "due_at",
        "sent_at",
        "attempts",
        "last_error",
        "message_id",
    ]
    list_display = [
        "subject",
        "to",
        Column("get_state_display", label=_("State"), sort_key="state"),
        Column("get_purpose_display", label=_("Purpose"), sort_key="purpose"),
        DateColumn("due_at", label=_("Due"), sort_key="due_at"),
        DateColumn("sent_at", label=_("Sent"), sort_key="sent_at"),
    ]
    list_filter = ["state", "purpose", "created_at"]
    search_fields = ["to", "subject", "message_id"]
    list_per_page = 50

    def get_urlpatterns(self) -> list[URLPattern]:
        """Leave out every address that would change a message."""
        return [
            pattern
            for pattern in super().get_urlpatterns()
            if pattern.name in {"index", "index_results", "inspect"}
        ]


register_permission_policy(Message, ViewOnlyPolicy(Message))


@hooks.register("register_admin_viewset")
def register_messages() -> MessageViewSet:
    return MessageViewSet()
