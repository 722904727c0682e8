"""An exercise: starter files, checks that decide, hints and a reference solution."""

import ast
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from courses.blocks import ProseBlock
from lessons.blocks.code import FileBlock, FoldedList, SourceBlock

FRAMEWORKS = [("django", "Django"), ("flask", "Flask"), ("python", "Python")]


class ChecksBlock(SourceBlock):
    """A Python file of check functions; its syntax is verified when it is saved."""

    def clean(self, value: str) -> str:
        cleaned = super().clean(value)
        if cleaned.strip():
            _expect_check_functions(cleaned)
        return cleaned


class TrackBlock(blocks.StructBlock):
    """One framework in which the exercise can be solved."""

    framework = blocks.ChoiceBlock(choices=FRAMEWORKS, default="flask", label=_("Framework"))
    starter = FoldedList(FileBlock(), min_num=1, label=_("Starter files"))
    solution = FoldedList(
        FileBlock(),
        min_num=1,
        label=_("Reference solution"),
        help_text=_("Only the files that differ from the starter files."),
    )

    class Meta:
        icon = "code"
        label = _("Framework")
        label_format = "{framework}"


class ExerciseValue(blocks.StructValue):
    """An exercise with what graders and pages ask of it."""

    def track(self, framework: str) -> blocks.StructValue | None:
        """The track of a framework, or None."""
        return next((track for track in self["tracks"] if track["framework"] == framework), None)

    def starter_files(self, framework: str) -> dict[str, str]:
        """Name and source of the files that the learner starts with."""
        track = self.track(framework)
        return {file["name"]: file["code"] for file in track["starter"]} if track else {}

    def solved_files(self, framework: str) -> dict[str, str]:
        """The starter files with those of the reference solution laid over them."""
        track = self.track(framework)
        solution = {file["name"]: file["code"] for file in track["solution"]} if track else {}
        return self.starter_files(framework) | solution

    @property
    def check_files(self) -> list[dict[str, str]]:
        """All checks, those that stay on the server included; for graders only."""
        files = [{"name": "checks.py", "source": self["checks"]}]
        if self["hidden_checks"].strip():
            files.append({"name": "hidden_checks.py", "source": self["hidden_checks"]})
        return files


class ExerciseBlock(blocks.StructBlock):
    """Work to do in Django, in Flask or in both, decided by one set of checks."""

    title = blocks.CharBlock(max_length=120, label=_("Title"))
    statement = ProseBlock(label=_("What to do"))
    tracks = blocks.ListBlock(TrackBlock(), min_num=1, max_num=3, label=_("Frameworks"))
    checks = ChecksBlock(label=_("Checks"), help_text=_("Functions named test_…; the learner can read them."))
    hidden_checks = ChecksBlock(
        required=False, default="", label=_("Hidden checks"), help_text=_("These never leave the server.")
    )
    hints = FoldedList(ProseBlock(), default=[], label=_("Hints, one at a time"))
    required = blocks.BooleanBlock(
        required=False, default=True, label=_("Needed to finish a lesson that asks for its checks")
    )
    milestone = blocks.BooleanBlock(
        required=False,
        default=False,
        label=_("Milestone of the course's project"),
        help_text=_("It checks the whole of what learners have built so far."),
    )

    class Meta:
        icon = "edit"
        label = _("Exercise")
        label_format = "{title}"
        template = "blocks/exercise.html"
        description = _("Code to write, with checks that decide")
        value_class = ExerciseValue
        preview_value = {
            "title": "Say hello",
            "statement": "Answer the address `/` with the text Hello.",
            "tracks": [
                {
                    "framework": "flask",
                    "starter": [
                        {
                            "name": "app.py",
                            "language": "python",
                            "code": "from flask import Flask\n\napp = Flask(__name__)",
                        }
                    ],
                    "solution": [
                        {
                            "name": "app.py",
                            "language": "python",
                            "code": 'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get("/")\n'
                            'def home():\n    return "Hello"',
                        }
                    ],
                }
            ],
            "checks": 'def test_hello(app):\n    """The page / says Hello"""\n'
            '    expect(app.get("/").text).contains("Hello")',
            "hidden_checks": "",
            "hints": ["A route is a decorator."],
            "required": True,
            "milestone": False,
        }

    def clean(self, value: ExerciseValue) -> ExerciseValue:
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        frameworks = [track["framework"] for track in cleaned["tracks"]]
        if len(set(frameworks)) != len(frameworks):
            _refuse(_("Each framework may stand here once."))
        for track in cleaned["tracks"]:
            for file in [*track["starter"], *track["solution"]]:
                if not file["name"]:
                    _refuse(_("Every file of an exercise needs a name."))
        return cleaned


def _expect_check_functions(source: str) -> None:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        message = _("Line %(line)s is no Python: %(reason)s")
        raise ValidationError(message % {"line": error.lineno, "reason": error.msg}) from error
    except (RecursionError, MemoryError) as error:
        raise ValidationError(_("It is nested too deep to be read.")) from error
    tests: list[Any] = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    if not tests:
        raise ValidationError(_("Write at least one function whose name starts with test_."))


def _refuse(message: Any) -> None:
    raise StructBlockValidationError(non_block_errors=[ValidationError(message)])
