"""Wagtail's user management on e-mail accounts."""

from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(WagtailUsersAppConfig):
    """Wagtail's users app with this project's forms."""

    user_viewset = "accounts.staff.StaffViewSet"
