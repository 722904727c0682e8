"""Presses of Call and WhatsApp, reported by the pages' own script."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from wagtail.models import Site

from enrollment.clicks import count_click
from enrollment.limits import network_of, seconds_until_free
from enrollment.models import ContactClick
from enrollment.pages import is_public_page
from enrollment.senders import client_address, is_same_origin

PRESSES_PER_WINDOW = 30
"""Presses of one network in ten minutes that are counted."""


@csrf_exempt
@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Count one press. A beacon carries no CSRF token: the browser's word on its origin stands in."""
    if not is_same_origin(request):
        return HttpResponse(status=403)
    site = Site.find_for_request(request)
    channel, page = request.POST.get("channel", ""), request.POST.get("page", "")
    if site is None or channel not in ContactClick.Channel.values or not is_public_page(page, site=site):
        return HttpResponse(status=400)
    network = network_of(client_address(request) or "unknown")
    if wait := seconds_until_free(f"clicks:{network}", places=PRESSES_PER_WINDOW):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    count_click(channel=channel, page=page)
    return HttpResponse(status=204)
