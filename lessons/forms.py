"""The form with which authors edit a lesson."""

from typing import Any

from wagtail.admin.forms import WagtailAdminPageForm


class LessonPageForm(WagtailAdminPageForm):
    """Asks of each new edit anew what it means to learners."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.has_unpublished_changes and "change_kind" in self.fields:
            self.initial["change_kind"] = self.instance._meta.get_field("change_kind").default
            self.initial["change_note"] = ""
