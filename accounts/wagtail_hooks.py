"""What people in the CMS must not see although Wagtail would show it."""

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.query import PageQuerySet


@hooks.register("construct_page_chooser_queryset")
def hide_drafts_from_others(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """Choosers show titles of drafts to every CMS user: without page rights they list live pages only."""
    return pages if user_has_any_page_permission(request.user) else pages.live()
