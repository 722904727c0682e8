"""A quiz: questions with feedback for each answer. Keys and reasons leave the server after a try only."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import BlockGroup, StructBlockValidationError

from courses.blocks import ProseBlock
from lessons.blocks.code import FileBlock, SourceBlock
from lessons.quizzes import patterns


class OptionBlock(blocks.StructBlock):
    """One answer that can be chosen, and what its choice is told."""

    text = blocks.CharBlock(max_length=300, label=_("Answer"), help_text=_("Markdown of one line."))
    is_right = blocks.BooleanBlock(required=False, default=False, label=_("Right"))
    why = blocks.CharBlock(max_length=400, label=_("Why it is right or wrong"))

    class Meta:
        icon = "radio-full"
        label = _("Option")
        label_format = "{text}"


class QuestionBlock(blocks.StructBlock):
    """What every question has: a text and, where it is about code, the code."""

    text = ProseBlock(label=_("Question"))
    code = blocks.ListBlock(FileBlock(), default=[], max_num=1, label=_("Code"))


class ChoiceQuestionBlock(QuestionBlock):
    """One answer is right."""

    options = blocks.ListBlock(OptionBlock(), min_num=2, max_num=8, label=_("Options"))

    class Meta:
        icon = "radio-full"
        label = _("Choice")

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        _expect_different_options(cleaned)
        if sum(option["is_right"] for option in cleaned["options"]) != 1:
            _refuse(_("Mark exactly one option as right."))
        return cleaned


class MultipleQuestionBlock(QuestionBlock):
    """Every right answer has to be chosen, and no other."""

    options = blocks.ListBlock(OptionBlock(), min_num=2, max_num=8, label=_("Options"))

    class Meta:
        icon = "tasks"
        label = _("Multiple choice")

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        _expect_different_options(cleaned)
        if not any(option["is_right"] for option in cleaned["options"]):
            _refuse(_("Mark at least one option as right."))
        return cleaned


class ShortQuestionBlock(QuestionBlock):
    """A word or a short line; case, quotes and spaces don't matter unless it is a pattern."""

    answers = blocks.ListBlock(blocks.CharBlock(max_length=200), min_num=1, label=_("Accepted answers"))
    is_pattern = blocks.BooleanBlock(
        required=False,
        default=False,
        label=_("The answers are regular expressions"),
    )
    why = blocks.CharBlock(max_length=400, label=_("Reason"))

    class Meta:
        icon = "pilcrow"
        label = _("Short answer")

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        if cleaned["is_pattern"]:
            for answer in cleaned["answers"]:
                if trouble := patterns.trouble_of(answer):
                    words = {"answer": answer, "reason": trouble}
                    _refuse(_("“%(answer)s” can't be used as a pattern: %(reason)s.") % words)
        return cleaned


class PrintsQuestionBlock(QuestionBlock):
    """What does this program print?"""

    answer = SourceBlock(label=_("What is printed"))
    why = blocks.CharBlock(max_length=400, label=_("Reason"))

    class Meta:
        icon = "code"
        label = _("What does this print")

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if not self.is_deferred_validation:
            _expect_code(cleaned)
        return cleaned


class OrderingQuestionBlock(QuestionBlock):
    """Items to put into order; they are written here in the right one."""

    items = blocks.ListBlock(
        blocks.CharBlock(max_length=200), min_num=2, max_num=8, label=_("Items in the right order")
    )
    why = blocks.CharBlock(max_length=400, label=_("Reason"))

    class Meta:
        icon = "list-ol"
        label = _("Ordering")

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        if len(set(cleaned["items"])) != len(cleaned["items"]):
            _refuse(_("Two items are the same; nobody could tell them apart."))
        return cleaned


class LineQuestionBlock(QuestionBlock):
    """Find the line."""

    line = blocks.IntegerBlock(min_value=1, max_value=200, label=_("Number of the line"))
    why = blocks.CharBlock(max_length=400, label=_("Reason"))

    class Meta:
        icon = "crosshairs"
        label = _("Find the line")

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        _expect_code(cleaned)
        if cleaned["line"] > len(cleaned["code"][0].lines):
            _refuse(_("The code has fewer lines."))
        return cleaned


class QuestionsBlock(blocks.StreamBlock):
    """The questions of a quiz; their block ids are what answers hang on."""

    choice = ChoiceQuestionBlock()
    multiple = MultipleQuestionBlock()
    short = ShortQuestionBlock()
    prints = PrintsQuestionBlock()
    ordering = OrderingQuestionBlock()
    line = LineQuestionBlock()

    class Meta:
        collapsed = True


class QuizBlock(blocks.StructBlock):
    """Questions for practice, or assessed with limits."""

    title = blocks.CharBlock(max_length=120, default="Check yourself", label=_("Title"))
    mode = blocks.ChoiceBlock(
        choices=[("practice", _("Practice: answers are told at once, any number of tries")),
                 ("assessed", _("Assessed: decided at the end, limits hold"))],
        default="practice",
        label=_("Mode"),
    )  # fmt: skip
    pass_mark = blocks.IntegerBlock(default=60, min_value=1, max_value=100, label=_("Pass mark in per cent"))
    attempts = blocks.IntegerBlock(
        default=0, min_value=0, max_value=20, label=_("Attempts allowed"), help_text=_("0: any number.")
    )
    minutes = blocks.IntegerBlock(
        default=0, min_value=0, max_value=180, label=_("Minutes"), help_text=_("0: no time limit.")
    )
    draw = blocks.IntegerBlock(
        default=0,
        min_value=0,
        max_value=60,
        label=_("Questions drawn at random"),
        help_text=_("0: all of them, in order."),
    )
    required = blocks.BooleanBlock(
        required=False, default=True, label=_("Counts for a lesson that asks for its quizzes")
    )
    questions = QuestionsBlock(min_num=1, max_num=60, label=_("Questions"))

    class Meta:
        icon = "help"
        label = _("Quiz")
        label_format = "{title}"
        form_layout: ClassVar = [
            "title",
            "mode",
            BlockGroup(
                ["pass_mark", "attempts", "minutes", "draw", "required"],
                heading=_("Limits"),
                icon="sliders",
                classname="collapsed",
                label_format=_("{pass_mark} per cent, {attempts} attempts, {minutes} minutes"),
            ),
            "questions",
        ]
        template = "blocks/quiz.html"
        description = _("Questions with feedback for each answer")
        preview_value = {
            "title": "Check yourself",
            "mode": "practice",
            "pass_mark": 60,
            "attempts": 0,
            "minutes": 0,
            "draw": 0,
            "required": True,
            "questions": [
                (
                    "choice",
                    {
                        "text": "Which one lists its paths in a file of their own?",
                        "code": [],
                        "options": [
                            {"text": "Django", "is_right": True, "why": "The file is urls.py."},
                            {"text": "Flask", "is_right": False, "why": "Flask decorates the function."},
                        ],
                    },
                )
            ],
        }

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        if cleaned["draw"] > len(cleaned["questions"]):
            _refuse(_("More questions are drawn than there are."))
        if cleaned["mode"] == "practice" and (cleaned["attempts"] or cleaned["minutes"]):
            _refuse(_("Attempts and minutes are limited in assessed quizzes only."))
        return cleaned


def _expect_code(value: blocks.StructValue) -> None:
    if not value["code"]:
        _refuse(_("This question needs its code."))


def _expect_different_options(value: blocks.StructValue) -> None:
    texts = [option["text"] for option in value["options"]]
    if len(set(texts)) != len(texts):
        _refuse(_("Two options are the same; nobody could tell them apart."))


def _refuse(message: Any) -> None:
    raise StructBlockValidationError(non_block_errors=[ValidationError(message)])
