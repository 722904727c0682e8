"""The site's own image model, so that fields can be added without moving every image."""

from typing import ClassVar

from django.db import models
from wagtail.images.models import AbstractImage, AbstractRendition, Image, ImageQuerySet


class SiteImage(AbstractImage):
    """An uploaded picture; its description is the default text alternative."""

    admin_form_fields = Image.admin_form_fields

    objects: ClassVar[models.Manager["SiteImage"]] = ImageQuerySet.as_manager()


class SiteRendition(AbstractRendition):
    """A resized copy of a picture."""

    image = models.ForeignKey(SiteImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="site_rendition_unique"
            )
        ]
