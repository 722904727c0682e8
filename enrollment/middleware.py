"""Remembering how a visitor found the site."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from enrollment.attribution import (
    KEPT,
    TOUCH_COOKIE,
    add_touch,
    read_touches,
    refuses_tracking,
    touch_of,
    write_touches,
)
from enrollment.pages import is_public_view


class RememberTouch:
    """Set the touch cookie when a page is reached by a campaign's or another site's link.

    All other answers stay as they are, so that plain pages can be cached. Nothing is set for browsers
    that ask not to be followed, and what they still have is taken away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            request.method != "GET"
            or response.status_code != 200
            or not is_public_view(request.resolver_match)
        ):
            return response
        if refuses_tracking(request):
            if TOUCH_COOKIE in request.COOKIES:
                response.delete_cookie(TOUCH_COOKIE, samesite="Lax")
        elif touch := touch_of(request):
            touches = add_touch(read_touches(request), touch)
            response.set_cookie(
                TOUCH_COOKIE,
                write_touches(touches),
                max_age=KEPT,
                httponly=True,
                secure=request.is_secure(),
                samesite="Lax",
            )
            patch_cache_control(response, private=True)
        return response
