"""Lessons around every request: refused publications, and whose pages a device keeps."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from lessons.errors import PublicationRefused


class PublicationRefusals:
    """Lead whoever approves a lesson that must not go live to the reasons; Wagtail's views know none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, PublicationRefused):
            return None
        address = reverse("lessons_admin:publish-anyway", args=[exception.revision_id])
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return JsonResponse({"step": "success", "redirect": address})
        return redirect(address)


class OfflineOwner:
    """Name the account on pages that a device may keep, so that it never shows one person's to another."""

    KEPT = ("/courses/", "/learn/")
    DOOR = "/accounts/"
    """Here a visitor signs in: what a session that ran out has left goes before anybody else can see it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and request.path.startswith((*self.KEPT, self.DOOR)):
            user = request.user
            if not user.is_authenticated:
                response.headers["X-Offline-Key"] = "none"
            elif request.path.startswith(self.KEPT):
                response.headers["X-Offline-Key"] = user.device_key
        return response
