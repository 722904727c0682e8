"""Running a draft's code, and publishing in spite of a failing solution."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.models import Page, Revision

from accounts.access import SignedInRequest
from lessons.admin.publishing import objections_to, publish_anyway
from lessons.example_runs import Outcome, Runnable, describe, known_outcomes, run_draft
from lessons.examples import Solution, examples_of, solutions_of
from lessons.grading import GraderUnavailable
from lessons.models import LessonPage
from lessons.review import names_of_blocks, problems_of

LONGEST_LINE, LONGEST_DETAILS = 120, 8_000


@dataclass(frozen=True)
class Row:
    """Something that can be run, and what is known of it."""

    item: Runnable
    outcome: Outcome | None
    block: str
    """What the author knows its block by."""

    @property
    def is_solution(self) -> bool:
        """Whether it is a reference solution, not an example."""
        return isinstance(self.item, Solution)

    @property
    def state(self) -> str:
        """good, failed or unknown."""
        if self.outcome is None:
            return "unknown"
        return "good" if self.outcome.is_good else "failed"

    @property
    def message(self) -> str:
        """What was wrong, in words."""
        return describe(self.outcome.result) if self.outcome and not self.outcome.is_good else ""

    @property
    def facts(self) -> str:
        """What came of a good run, in few words."""
        if self.outcome is None or not self.outcome.is_good:
            return ""
        if isinstance(self.item, Solution):
            passed = len(self.outcome.result.get("results", []))
            return ngettext("%(count)d check passed", "%(count)d checks passed", passed) % {"count": passed}
        if self.item.kind == "script":
            lines = self.outcome.result.get("console", "").splitlines()
            return lines[0][:LONGEST_LINE] if lines else _("It printed nothing.")
        answers = zip(self.item.requests, self.outcome.result.get("responses", []), strict=False)
        return ", ".join(f"{sent['method']} {sent['path']} {got.get('status', '')}" for sent, got in answers)

    @property
    def details(self) -> str:
        """The trace and what was printed, for whoever has to repair it."""
        if self.outcome is None or self.outcome.is_good:
            return ""
        trouble = self.outcome.result.get("trouble") or {}
        texts = [trouble.get("trace", ""), self.outcome.result.get("console", "")]
        return "\n".join(text.strip() for text in texts if text.strip())[:LONGEST_DETAILS]


class ReasonForm(forms.Form):
    """Why a lesson goes live although a reference solution fails."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is published anyway"),
        min_length=10,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def run(request: HttpRequest, lesson_id: int) -> HttpResponse:
    """Show what can be run of a draft and what is known of it; POST runs one item, or all of them.

    A POST with `block` and `part` answers with the row of that item alone, a GET with `report` with what the
    editor shows.
    """
    draft = _draft(request, lesson_id)
    items: list[Runnable] = [*examples_of(draft), *solutions_of(draft)]
    if request.method != "POST":
        template = "lessons/admin/_report.html" if "report" in request.GET else "lessons/admin/run.html"
        return TemplateResponse(request, template, report(draft))
    if "block" in request.POST:
        items = [item for item in items if (item.block_id, item.part) == _asked(request)]
    names = names_of_blocks(draft)
    try:
        rows = [Row(item, run_draft(item, starter=True), names[item.block_id]) for item in items]
    except GraderUnavailable as error:
        return _unavailable(request, draft, str(error))
    if "block" in request.POST:
        return TemplateResponse(request, "lessons/admin/_row.html", {"row": rows[0] if rows else None})
    return redirect("lessons_admin:run", lesson_id)


@require_http_methods(["GET", "HEAD", "POST"])
def override(request: SignedInRequest, revision_id: int) -> HttpResponse:
    """Show why a revision was not published; a reviewer may publish it with a reason, which is logged."""
    revision = get_object_or_404(Revision.page_revisions, pk=revision_id)
    page = revision.content_object.specific
    if not isinstance(page, LessonPage) or not page.permissions_for_user(request.user).can_publish():
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    objections = objections_to(revision.as_object())
    if request.method == "POST" and not objections.unfinished and form.is_valid():
        publish_anyway(revision, user=request.user, reason=form.cleaned_data["reason"])
        messages.success(
            request, _("“%(title)s” is published. Your reason is in its history.") % {"title": page.title}
        )
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    context = {
        "page": page,
        "revision": revision,
        "objections": objections,
        "form": form,
        "edit_url": reverse("wagtailadmin_pages:edit", args=[page.pk]),
    }
    return TemplateResponse(request, "lessons/admin/not_published.html", context)


def report(draft: LessonPage) -> dict[str, object]:
    """Return for a template what can be run of a draft and what its author should look at."""
    items: list[Runnable] = [*examples_of(draft), *solutions_of(draft)]
    outcomes = known_outcomes(draft, items)
    names = names_of_blocks(draft)
    return {
        "page": draft,
        "rows": [Row(item, outcomes.get(item.digest), names[item.block_id]) for item in items],
        "problems": [(names.get(item.block_id, ""), item) for item in problems_of(draft, outcomes)],
        "run_url": reverse("lessons_admin:run", args=[draft.pk]),
        "edit_url": reverse("wagtailadmin_pages:edit", args=[draft.pk]),
    }


def _draft(request: HttpRequest, lesson_id: int) -> LessonPage:
    page = get_object_or_404(LessonPage, pk=lesson_id)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    return page.get_latest_revision_as_object()


def _asked(request: HttpRequest) -> tuple[str, str]:
    return request.POST["block"], request.POST.get("part", "")


def _unavailable(request: HttpRequest, draft: Page, reason: str) -> HttpResponse:
    context = {"reason": reason}
    if "block" in request.POST:
        return TemplateResponse(request, "lessons/admin/_unavailable.html", context, status=503)
    messages.error(request, _("Nothing can be run here: %(reason)s") % context)
    return redirect("lessons_admin:run", draft.pk)
