"""The dry run of a sequence."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from enrollment.admin.permissions import manager_screen
from enrollment.models import Sequence


@manager_screen
@require_safe
def rehearsal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who would have got what and when in a past month."""
    return HttpResponse(get_object_or_404(Sequence, pk=pk).name)
