"""The CMS's own API for pages, through which lessons are published under the same rules."""

from typing import Any

from rest_framework.response import Response
from wagtail.admin.api.actions.publish import PublishPageAPIAction
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.api.v2.utils import BadRequestError
from wagtail.models import Page

from lessons.admin.publishing import refused_of


class CheckedPublication(PublishPageAPIAction):
    """Publishes what has nothing against it."""

    def execute(self, instance: Page, data: Any) -> Response:
        if refused_of([instance], with_descendants=False):
            raise BadRequestError("It is unfinished, or a reference solution fails. Its editor says what.")
        return super().execute(instance, data)


class PagesAPI(PagesAdminAPIViewSet):
    """Wagtail's endpoint, with that publication in place of its own."""

    actions = PagesAdminAPIViewSet.actions | {"publish": CheckedPublication}
