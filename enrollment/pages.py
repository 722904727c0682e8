"""Which addresses are pages that visitors read, as counts of presses and touches name them."""

from django.urls import Resolver404, ResolverMatch, resolve
from wagtail.models import Page, Site

PUBLIC_VIEWS = {
    "wagtail_serve",
    "courses:catalogue",
    "lessons:read",
    "enrollment:enquire",
    "enrollment:placement",
}
LONGEST_PATH = 200


def is_public_view(match: ResolverMatch | None) -> bool:
    """Whether the view shows pages that visitors read."""
    return match is not None and match.view_name in PUBLIC_VIEWS


def is_public_page(path: str, *, site: Site) -> bool:
    """Whether a page that visitors read lies at this path; one query for pages of the tree."""
    if not path.startswith("/") or len(path) > LONGEST_PATH or not path.isprintable():
        return False
    try:
        match = resolve(path)
    except Resolver404:
        return False
    if not is_public_view(match):
        return False
    if match.view_name in {"wagtail_serve", "lessons:read"}:
        return Page.objects.live().filter(url_path=f"{site.root_page.url_path}{path[1:]}").exists()
    return True
