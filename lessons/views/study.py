"""A learner's notes and bookmarks of one lesson, and what they were told of its changes."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import SignedInRequest
from lessons import changes, study
from lessons.models import Note
from lessons.views.lookup import course_of, studied_lesson


class NoteForm(forms.Form):
    """The text beside a lesson."""

    text = forms.CharField(
        label=_("Your note"),
        required=False,
        max_length=Note._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 10}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def note(request: SignedInRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Show and keep the learner's note and bookmarks of a lesson."""
    page = studied_lesson(request, course, module, lesson)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        study.save_note(request.user, page, form.cleaned_data["text"])
        return HttpResponseRedirect(f"{request.path}?saved=1")
    kept = study.note_of(request.user, page)
    if not form.is_bound:
        form = NoteForm(initial={"text": kept.text if kept else ""})
    return TemplateResponse(
        request,
        "lessons/study/note.html",
        {
            "page": page,
            "course": course_of(page),
            "form": form,
            "note": kept,
            "places": study.places(request.user, page),
            "lesson_url": page.get_url(request),
            "is_saved": "saved" in request.GET,
        },
        status=422 if form.errors else 200,
    )


@require_POST
@login_required
def bookmark(request: SignedInRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Set or remove the bookmark of a passage and go back to it."""
    page = studied_lesson(request, course, module, lesson)
    passage = request.POST.get("passage", "")
    study.set_bookmark(request.user, page, passage, kept=request.POST.get("kept") == "1")
    if request.POST.get("back") == "note":
        return HttpResponseRedirect(f"{page.get_url(request)}note/")
    known = any(block.id == passage for block in page.body)
    return HttpResponseRedirect(page.get_url(request) + (f"#{passage}" if known else ""))


@require_POST
@login_required
def seen(request: SignedInRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Put the notice of a changed lesson aside; what was earned stays."""
    page = studied_lesson(request, course, module, lesson)
    changes.put_aside(request.user, page)
    return HttpResponseRedirect(page.get_url(request))
