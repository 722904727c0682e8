"""Interview questions: answered aloud first, then compared with a model answer."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses.blocks import ProseBlock


class InterviewQuestionBlock(blocks.StructBlock):
    """A question as an interviewer asks it."""

    text = blocks.CharBlock(max_length=300, label=_("Question"))
    answer = ProseBlock(label=_("Model answer"))
    why = blocks.CharBlock(max_length=400, label=_("Why it is asked"))

    class Meta:
        icon = "help"
        label = _("Question")
        label_format = "{text}"


class InterviewBlock(blocks.StructBlock):
    """Questions about one subject, each folded around its answer."""

    title = blocks.CharBlock(max_length=120, label=_("Title"))
    questions = blocks.StreamBlock(
        [("question", InterviewQuestionBlock())],
        min_num=1,
        max_num=60,
        collapsed=True,
        label=_("Questions"),
    )

    class Meta:
        icon = "comment"
        label = _("Interview questions")
        label_format = "{title}"
        template = "blocks/interview.html"
        description = _("Questions to answer aloud, with model answers")
        preview_value = {
            "title": "Databases",
            "questions": [
                (
                    "question",
                    {
                        "text": "What does an index cost?",
                        "answer": "Reading gets faster, every write gets a little slower.",
                        "why": "They want to hear both sides.",
                    },
                )
            ],
        }
