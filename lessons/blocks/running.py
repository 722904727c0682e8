"""How an example is run, and what its author asks of it."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

RUN_CHOICES = [
    ("app", _("Runs as a web application")),
    ("script", _("Runs as a script")),
    ("none", _("Is only read")),
]

METHODS = [(method, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]


class RequestBlock(blocks.StructBlock):
    """One request that the author proposes: the reader sends it with one press."""

    method = blocks.ChoiceBlock(choices=METHODS, default="GET", label=_("Method"))
    path = blocks.CharBlock(
        max_length=200,
        label=_("Address"),
        validators=[RegexValidator(r"^/\S*$", _("Start the address with a slash, without spaces."))],
    )
    body = blocks.CharBlock(
        required=False,
        max_length=500,
        label=_("Body"),
        help_text=_("A form, like title=Tester&city=Chennai, or JSON that starts with a brace."),
    )

    class Meta:
        icon = "link-external"
        label = _("Request")
        label_format = "{method} {path} {body}"
