"""What of a module can be kept on the device."""

from dataclasses import asdict

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import SignedInRequest
from courses.models import CoursePage, ModulePage
from lessons import access
from lessons.offline import plan_module


@never_cache
@login_required
@require_safe
def plan(request: SignedInRequest, course: str, module: str) -> HttpResponse:
    """Answer with the addresses and sizes that the learner may keep of a module."""
    course_page = get_object_or_404(CoursePage.objects.live(), slug=course)
    page = get_object_or_404(ModulePage.objects.live().child_of(course_page), slug=module)
    opens = access.may_open_course(request.user, course_page)
    found = plan_module(page, course_page, request, opens=opens)
    return JsonResponse(asdict(found) | {"account": request.user.device_key})
