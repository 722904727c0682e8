"""A person's work in the blocks of a lesson: drafts, handing in, and what came of it."""

import json
from pathlib import PurePosixPath
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.blocks import StreamValue

from accounts.access import SignedInRequest
from accounts.models import User
from lessons import attempts, work
from lessons.errors import WorkRefused
from lessons.exercises import show_exercise
from lessons.highlight import highlighted_lines
from lessons.lesson_work import Refusal, work_in
from lessons.models import Attempt, LessonPage, Progress
from lessons.tasks import ask_for_grading
from lessons.views.lookup import open_lesson, studied_lesson
from lessons.views.reading import render_lesson

FILE_PREFIX = "file:"
LONGEST_CLAIM = 20_000
LANGUAGES = {".py": "python", ".html": "html+django", ".css": "css", ".js": "javascript", ".json": "json"}
"""By the ending of a file's name, for colours."""
CLAIMED_STATES = ("passed", "failed", "error")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, course: str, module: str, lesson: str, block: str) -> HttpResponse:
    """Give or keep the learner's draft of a block as JSON; 409 carries the one that was saved elsewhere.

    Visitors get 401: their drafts stay in their browser.
    """
    if not request.user.is_authenticated:
        open_lesson(request, course, module, lesson)
        return JsonResponse({"error": _("Sign in to keep your code here.")}, status=401)
    page = studied_lesson(request, course, module, lesson)
    sent = _json_body(request) if request.method == "POST" else {"part": request.GET.get("part", "")}
    part = sent.get("part", "")
    found = work.block_with_code(page, block, part)
    if found is None:
        raise Http404
    if request.method != "POST":
        kept = work.draft_of(request.user, page, block, part)
        return _draft_answer(kept) if kept else JsonResponse({"files": None, "version": 0})
    version = sent.get("version", 0)
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        return JsonResponse({"error": _("The version is a number.")}, status=422)
    try:
        files = work.checked_files(sent.get("files"), known=work.names_in(found, part))
    except WorkRefused as refused:
        return JsonResponse({"error": refused.message}, status=422)
    return _draft_answer(
        work.save_draft(request.user, page, block_id=block, part=part, files=files, version=version)
    )


@require_POST
def submit(request: HttpRequest, course: str, module: str, lesson: str, block: str) -> HttpResponse:
    """Hand in an exercise to be checked, keep its code as the draft, and go back to the exercise.

    `late` says that it waited on a device for the network: then newer code may have been saved elsewhere,
    and the draft stays as it is. What can't be taken is shown with the lesson and the code, so that nothing
    typed is lost.
    """
    if not request.user.is_authenticated:
        page = open_lesson(request, course, module, lesson)
        return HttpResponseRedirect(
            f"{reverse('account_login')}?{urlencode({'next': page.get_url(request)})}"
        )
    page = studied_lesson(request, course, module, lesson)
    found = page.block(block, "exercise")
    part = request.POST.get("part", "")
    if found is None or found.value.track(part) is None:
        raise Http404
    files = {
        name.removeprefix(FILE_PREFIX): str(source)
        for name, source in request.POST.items()
        if name.startswith(FILE_PREFIX)
    }
    try:
        files = work.checked_files(files, known=work.names_in(found, part))
        if "late" not in request.POST:
            work.overwrite_draft(request.user, page, block_id=block, part=part, files=files)
        with transaction.atomic():
            attempts.submit(
                {"learner": request.user},
                page,
                block_id=block,
                part=part,
                files=files,
                key=_key(request),
                claimed=_claimed(request),
            )
            transaction.on_commit(ask_for_grading)
    except WorkRefused as refused:
        refusal = Refusal(block, part, refused.message, files)
        return _show_refused(request, page, found, refusal=refusal, wait=refused.wait)
    if _wants_fragment(request):
        return _fragment(request, page, found)
    return HttpResponseRedirect(f"{page.get_url(request)}#{block}-work")


@never_cache
@require_GET
@login_required
def history(request: SignedInRequest, course: str, module: str, lesson: str, block: str) -> HttpResponse:
    """Give the learner's attempts at an exercise as a fragment of the page; the page asks while it waits."""
    page = studied_lesson(request, course, module, lesson)
    found = page.block(block, "exercise")
    if found is None:
        raise Http404
    return _fragment(request, page, found)


@never_cache
@require_GET
@login_required
def attempt(
    request: SignedInRequest, *, course: str, module: str, lesson: str, block: str, number: int
) -> HttpResponse:
    """Show one of the learner's attempts at an exercise as it was handed in, with what the checks said."""
    page = studied_lesson(request, course, module, lesson)
    found = get_object_or_404(
        Attempt.objects.of({"learner": request.user}),
        lesson=page,
        block_id=block,
        number=number,
        kind=Attempt.Kind.EXERCISE,
    )
    files = [
        (name, highlighted_lines(source, LANGUAGES.get(PurePosixPath(name).suffix, "text")))
        for name, source in found.answers.get("files", {}).items()
    ]
    lesson_url = page.get_url(request)
    return TemplateResponse(
        request,
        "lessons/attempt.html",
        {"page": page, "attempt": found, "files": files, "lesson_url": lesson_url, "block_id": block},
    )


def _fragment(
    request: HttpRequest, page: LessonPage, block: StreamValue.StreamChild, *, refused: str = ""
) -> HttpResponse:
    """Return the part of an exercise that shows its attempts, and whether the lesson is finished by now."""
    learner = cast(User, request.user)
    done = work_in(page, {"learner": learner}, block_id=block.id)
    return TemplateResponse(
        request,
        "lessons/_attempts.html",
        {
            "shown": show_exercise(block.value, block.id, done),
            "block_id": block.id,
            "is_done": Progress.objects.done().filter(learner=learner, lesson=page).exists(),
            "poll_url": request.path.removesuffix("submit/").removesuffix(f"{block.id}/"),
            "refused": refused,
        },
    )


def _show_refused(
    request: HttpRequest,
    page: LessonPage,
    block: StreamValue.StreamChild,
    *,
    refusal: Refusal,
    wait: int,
) -> HttpResponse:
    if _wants_fragment(request):
        response = _fragment(request, page, block, refused=refusal.message)
    else:
        request.is_preview = False  # type: ignore[attr-defined]
        response = render_lesson(request, page, refusal=refusal)
    response.status_code = 429 if wait else 422
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _wants_fragment(request: HttpRequest) -> bool:
    """Whether a script of the page asks, which replaces one part of it."""
    return request.headers.get("X-Requested-With") == "fetch"


def _draft_answer(kept: work.SavedDraft) -> JsonResponse:
    answer = {"files": kept.files, "version": kept.version, "saved_at": kept.saved_at}
    return JsonResponse(answer, status=409 if kept.is_conflict else 200)


def _json_body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is no JSON.") from error
    if not isinstance(body, dict) or not isinstance(body.get("part", ""), str):
        raise BadRequest("The body is no JSON object.")
    return body


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        raise WorkRefused(_("Load the lesson again and hand your code in once more.")) from None


def _claimed(request: HttpRequest) -> dict[str, Any]:
    """Return what the browser says of its own check; it is kept as a preview and decides nothing."""
    text = request.POST.get("claimed", "")
    try:
        claimed = json.loads(text) if len(text) <= LONGEST_CLAIM else None
    except (ValueError, RecursionError):
        return {}
    results = claimed.get("results") if isinstance(claimed, dict) else None
    return {
        "results": [
            {"name": result["name"], "state": result["state"]}
            for result in (results if isinstance(results, list) else [])
            if isinstance(result, dict)
            and str(result.get("name")).isidentifier()
            and result.get("state") in CLAIMED_STATES
        ]
    }
