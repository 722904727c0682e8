"""Pages for requests that can't be answered; they render without the database where it may be down."""

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request itself can't be read."""
    return render(request, "400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token doesn't match; says how to keep the text and send again."""
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 with Retry-After when the database doesn't answer; a static page either way."""
    import sys

    unavailable = isinstance(sys.exc_info()[1], OperationalError)
    template = "503.html" if unavailable else "500.html"
    context = {"request_id": getattr(request, "id", "")}
    response = HttpResponse(render_to_string(template, context), status=503 if unavailable else 500)
    if unavailable:
        response.headers["Retry-After"] = "30"
    return response
