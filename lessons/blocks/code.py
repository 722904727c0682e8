"""Code on its own, and the same job in Django and Flask on facing panes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from courses.blocks import one_newline_style
from lessons import highlight
from lessons.blocks.running import RUN_CHOICES, RequestBlock

SOURCE_ATTRS = {
    "class": "lesson-source w-field__autosize",
    "spellcheck": "false",
    "autocapitalize": "off",
    "autocomplete": "off",
    "wrap": "off",
}


class FoldedList(blocks.ListBlock):
    """A list whose items the editor shows closed, each with its first words."""

    class Meta:
        collapsed = True


DECONSTRUCT_ALIASES = {FoldedList: "wagtail.blocks.ListBlock"}
"""How the editor shows a list is nothing that migrations record."""


class SourceBlock(blocks.TextBlock):
    """Source code, kept to the letter but for line ends and blank edge lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(rows=10, **kwargs)

    @cached_property
    def field(self) -> forms.CharField:
        field = super().field
        field.strip = False  # the first line may be indented
        field.widget.attrs |= SOURCE_ATTRS
        return field

    def clean(self, value: str) -> str:
        return one_newline_style(super().clean(value))


class FileValue(blocks.StructValue):
    """One file of a sample."""

    @property
    def lines(self) -> tuple[highlight.CodeLine, ...]:
        """The highlighted lines."""
        return highlight.highlighted_lines(self["code"], self["language"])


class FileBlock(blocks.StructBlock):
    """A named file with its source."""

    name = blocks.CharBlock(required=False, max_length=80, label=_("File name"))
    language = blocks.ChoiceBlock(choices=highlight.LANGUAGES, default="python", label=_("Language"))
    code = SourceBlock(label=_("Code"), help_text=_("End a line with #=1 to match it to its partner."))

    class Meta:
        icon = "code"
        label = _("File")
        label_format = "{name}"
        value_class = FileValue


class CodeBlock(blocks.StructBlock):
    """A code sample of one or several files."""

    files = blocks.ListBlock(FileBlock(), min_num=1, label=_("Files"))
    caption = blocks.CharBlock(required=False, max_length=200, label=_("Caption"))
    run = blocks.ChoiceBlock(choices=RUN_CHOICES, default="none", label=_("In the page"))
    requests = FoldedList(RequestBlock(), default=[], max_num=8, label=_("Requests to try"))

    class Meta:
        icon = "code"
        label = _("Code sample")
        template = "blocks/code.html"
        description = _("One or several files of code")
        preview_value = {
            "files": [{"name": "hello.py", "language": "python", "code": 'print("Hello")'}],
            "caption": "A script: what it prints stands in the console.",
            "run": "script",
            "requests": [],
        }


class MatchBlock(blocks.StructBlock):
    """What two matched lines have in common, in one sentence."""

    number = blocks.IntegerBlock(min_value=1, max_value=20, label=_("Number"))
    text = blocks.CharBlock(max_length=240, label=_("What both lines do"))

    class Meta:
        icon = "link"
        label = _("Match")
        label_format = "{number}: {text}"


class ParallelValue(blocks.StructValue):
    """Two panes and what their lines have in common."""

    @property
    def panes(self) -> list[dict]:
        """Django's pane, then Flask's: key, name and files."""
        return [
            {"key": "django", "name": "Django", "other": "Flask", "files": self["django"]},
            {"key": "flask", "name": "Flask", "other": "Django", "files": self["flask"]},
        ]

    @property
    def partners(self) -> dict[int, dict[str, int]]:
        """For each match number, the line in each pane; for accessible names."""
        found: dict[int, dict[str, int]] = {}
        for side in ("django", "flask"):
            for file in self[side]:
                for line in file.lines:
                    if line.match is not None:
                        found.setdefault(line.match, {}).setdefault(side, line.number)
        return found

    @property
    def placed_matches(self) -> list[tuple[Any, list[str]]]:
        """Each match with the names of the files in which its lines stand, where a pane has several."""
        if len(self["django"]) == len(self["flask"]) == 1:
            return [(match, []) for match in self["matches"]]
        files = [file for side in ("django", "flask") for file in self[side]]
        numbers = [(file["name"], highlight.match_numbers([file["code"]])) for file in files]
        return [
            (match, list(dict.fromkeys(name for name, held in numbers if name and match["number"] in held)))
            for match in self["matches"]
        ]

    @property
    def height(self) -> int:
        """Lines of the longer pane, as a measure of the room it takes."""
        return max(sum(len(file.lines) for file in self[side]) for side in ("django", "flask"))

    def unpaired(self) -> set[int]:
        """Match numbers that stand on one side only."""
        sides = [
            highlight.match_numbers([file["code"] for file in self[side]]) for side in ("django", "flask")
        ]
        return sides[0] ^ sides[1]


DJANGO_SHOWN = """\
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="shown", ALLOWED_HOSTS=["*"])


def hello(request):
    return HttpResponse("Hello")  #=2


urlpatterns = [path("hello/", hello)]  #=1
application = get_wsgi_application()"""
FLASK_SHOWN = """\
from flask import Flask

app = Flask(__name__)


@app.get("/hello/")  #=1
def hello():
    return "Hello"  #=2"""


class ParallelBlock(blocks.StructBlock):
    """The same job in Django (left) and Flask (right), with matched lines."""

    django = blocks.ListBlock(FileBlock(), min_num=1, label=_("Django files"))
    flask = blocks.ListBlock(FileBlock(), min_num=1, label=_("Flask files"))
    matches = FoldedList(MatchBlock(), default=[], label=_("Matched lines"))
    run = blocks.ChoiceBlock(choices=RUN_CHOICES, default="app", label=_("In the page"))
    requests = FoldedList(RequestBlock(), default=[], max_num=8, label=_("Requests to try"))

    class Meta:
        icon = "grip"
        label = _("Django and Flask")
        template = "blocks/parallel.html"
        description = _("The same job in both frameworks, lines matched")
        value_class = ParallelValue
        preview_value = {
            "django": [{"name": "hello.py", "language": "python", "code": DJANGO_SHOWN}],
            "flask": [{"name": "app.py", "language": "python", "code": FLASK_SHOWN}],
            "matches": [
                {"number": 1, "text": "Both map a path to a function."},
                {"number": 2, "text": "Both answer with a text."},
            ],
            "run": "app",
            "requests": [{"method": "GET", "path": "/hello/", "body": ""}],
        }

    def clean(self, value: ParallelValue) -> ParallelValue:
        cleaned = super().clean(value)
        if not self.is_deferred_validation and (unpaired := cleaned.unpaired()):
            numbers = ", ".join(str(number) for number in sorted(unpaired))
            message = _("Number %(numbers)s has no partner in the other pane.") % {"numbers": numbers}
            raise StructBlockValidationError(non_block_errors=[ValidationError(message)])
        return cleaned
