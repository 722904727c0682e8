"""What the CMS's page choosers show."""

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.query import PageQuerySet


@hooks.register("construct_page_chooser_queryset")
def show_drafts_to_editors_only(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """Keep titles of drafts from people who work in the CMS but not on pages."""
    return pages if user_has_any_page_permission(request.user) else pages.live()
