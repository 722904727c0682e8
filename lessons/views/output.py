"""What the examples of a lesson answered on the server, for readers in whose browser Python can't run."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from lessons import access
from lessons.examples import Example, examples_of
from lessons.models import ExampleRun
from lessons.views.lookup import course_of, find_lesson

LONGEST_BODY = 20_000
"""Characters of an answer that are shown."""


@dataclass(frozen=True)
class Exchange:
    """One request of an example and what came back."""

    method: str
    path: str
    status: int
    reason: str
    body: str


@dataclass(frozen=True)
class Saved:
    """An example with its saved output."""

    example: Example
    run: ExampleRun

    @property
    def console(self) -> str:
        """What it printed."""
        printed: str = self.run.result.get("console", "")
        if self.example.kind == "script" and not printed:
            printed = "".join(answer.get("console", "") for answer in self.run.result.get("responses", []))
        return printed[:LONGEST_BODY]

    @property
    def trouble(self) -> dict[str, Any] | None:
        """The error that ended it, if one did."""
        return self.run.result.get("trouble")

    @property
    def exchanges(self) -> list[Exchange]:
        """Requests and answers, none for a script."""
        if self.example.kind == "script":
            return []
        answers = self.run.result.get("responses", [])
        return [
            Exchange(
                request["method"],
                request["path"],
                answer.get("status", 0),
                answer.get("reason", ""),
                str(answer.get("body", ""))[:LONGEST_BODY],
            )
            for request, answer in zip(self.example.requests, answers, strict=False)
        ]


@require_safe
def output(request: HttpRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Show the saved output of every example, as far as it is of the code that is live."""
    page = find_lesson(request, course, module, lesson)
    user = request.user
    opens = page.is_free or access.may_edit(user, page) or access.may_open_course(user, course_of(page))
    if not opens or not access.is_let_in(request, page):
        raise PermissionDenied
    runs = {(run.block_id, run.part): run for run in ExampleRun.objects.filter(lesson=page)}
    examples = [(example, runs.get((example.block_id, example.part))) for example in examples_of(page)]
    response = TemplateResponse(
        request,
        "lessons/output.html",
        {
            "page": page,
            "lesson_url": page.get_url(request),
            "saved": [Saved(item, run) for item, run in examples if run and run.digest == item.digest],
        },
    )
    patch_cache_control(response, private=True, no_cache=True)
    return response
