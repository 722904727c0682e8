"""What was imported, so that the next import can tell what has been changed in the CMS since."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class ImportedPage(models.Model):
    """The content that an import last gave a page."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(_("content digest"), max_length=64)
    imported_at = models.DateTimeField(_("imported at"), auto_now=True)

    def __str__(self) -> str:
        return f"{self.page_id} {self.digest[:12]}"
