"""Bringing one page to the state that a file describes, without treading on work done in the CMS."""

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.blocks import StreamBlockValidationError
from wagtail.fields import StreamField
from wagtail.models import Page

from content import streams
from content.block_errors import line_of, messages_of
from content.bodies import Block
from content.errors import CourseFileError
from content.models import ImportedPage
from courses.models.pages import lines

CHANGE, KEEP, LEAVE_ALONE = "change", "keep", "leave alone"
"""What an import does with a page: it differs, it agrees, or somebody has changed it in the CMS."""
LINE_LISTS = {"outcomes", "needs", "sources"}
"""Text fields that hold one entry a line."""
NAMED_STREAMS = {"body"}
"""Stream fields whose block ids stand in the files; other lists are told apart by place alone."""

LATER = {"needs_checks": False, "quiz_share": 0}
"""Fields that pages got later, with their defaults: an import from before them says the same without."""


@dataclass(frozen=True)
class Wanted:
    """A page as the files want it; `lines` and `blocks` lead from an error to its place.

    `also` is set whenever the values are, and doesn't count when two states are compared.
    """

    model: type[Page]
    key: UUID
    slug: str
    values: dict[str, Any]
    path: str
    lines: dict[str, int] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    also: dict[str, Any] = field(default_factory=dict)
    _LINE_NAMES: ClassVar[dict[str, str]] = {"is_free": "free"}

    @property
    def content(self) -> str:
        """What counts when two states are compared."""
        return _content_of(self.model, self.slug, self.values)

    def fail(self, error: ValidationError) -> CourseFileError:
        """Return the first message of a validation error with its place in the file."""
        if not hasattr(error, "error_dict"):
            return CourseFileError(self.path, 1, " ".join(error.messages))
        name, messages = next(iter(error.message_dict.items()))
        line = self.lines.get(self._LINE_NAMES.get(name, name), 1)
        return CourseFileError(self.path, line, f"{name}: {' '.join(messages)}")


@dataclass
class Report:
    """What an import did."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    images: int = 0
    left_alone: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def summary(self, name: str) -> str:
        """Return one line with what there is to count."""
        counts = {
            "new": self.created,
            "changed": self.changed,
            "moved": self.moved,
            "unchanged": self.unchanged,
            "left alone": len(self.left_alone),
            "not in the files": len(self.missing),
        }
        parts = [f"{count} {what}" for what, count in counts.items() if count] or ["none"]
        pictures = f"; new pictures: {self.images}" if self.images else ""
        return f"{name}: pages: {', '.join(parts)}{pictures}."

    def notes(self) -> list[str]:
        """Return a line for each page that a person should look at."""
        return [
            *(f"Left alone, changed in the CMS (--force replaces it): {name}" for name in self.left_alone),
            *(f"Not in the files, kept: {name}" for name in self.missing),
        ]


class PageSync:
    """Creates and updates pages by their identity; loads those that exist in two queries a model."""

    def __init__(self, wanted: list[Wanted], *, force: bool = False) -> None:
        self.report = Report()
        self.force = force
        keys = [item.key for item in wanted]
        self.pages = {page.translation_key: page for page in _existing(keys)}
        for item in wanted:
            page = self.pages.get(item.key)
            if page and not isinstance(page, item.model):
                raise CourseFileError(
                    item.path, item.lines.get("id", 1),
                    f"id: the {page._meta.verbose_name} “{page.title}” has this id. Use another.",
                )  # fmt: skip
        self.records = {
            record.page_id: record.digest
            for record in ImportedPage.objects.filter(page__translation_key__in=keys)
        }
        found = [(page, item) for item in wanted if (page := self.pages.get(item.key))]
        self._verdicts = {page.pk: self._verdict(page, item) for page, item in found}
        self._moving_slugs = {
            page.pk for page, item in found if page.slug != item.slug and self._verdicts[page.pk] == CHANGE
        }

    def place(self, wanted: Wanted, parent: Page) -> Page:
        """Bring one page to its wanted state below its parent and publish it; return the page."""
        page = self.pages.get(wanted.key)
        try:
            if page is None:
                page = self._create(wanted, parent)
            else:
                page = self._bring_below(page, parent)
                if self._may_change(page, wanted):
                    page = self._change(page, wanted)
        except ValidationError as error:
            raise wanted.fail(error) from error
        self.pages[wanted.key] = page
        return page

    def arrange(self, parent: Page, keys: list[UUID]) -> None:
        """Put the children of a page in the order of these identities; others follow after them."""
        wanted = [self.pages[key].pk for key in keys]
        actual = [pk for pk in _children(parent) if pk in set(wanted)]
        for place, pk in enumerate(wanted):
            if actual[place] == pk:
                continue
            before = Page.objects.get(pk=actual[place])
            Page.objects.get(pk=pk).move(before, pos="left")
            actual.remove(pk)
            actual.insert(place, pk)
            self.report.moved += 1

    def _create(self, wanted: Wanted, parent: Page) -> Page:
        page = wanted.model(slug=wanted.slug, translation_key=wanted.key, live=False)
        _assign(page, wanted)
        self._free_slug(wanted, parent)
        Page.objects.get(pk=parent.pk).add_child(instance=page)
        self.report.created += 1
        return self._publish(page, wanted)

    def _bring_below(self, page: Page, parent: Page) -> Page:
        if page.get_parent().pk == parent.pk:
            return page
        page.move(Page.objects.get(pk=parent.pk), pos="last-child")
        self.report.moved += 1
        return page.specific_class.objects.get(pk=page.pk)

    def _verdict(self, page: Page, wanted: Wanted) -> str:
        """Return what to do with a page: nobody may have worked on it in the CMS since, unless forced."""
        current = _state_of(page, wanted)
        drafted = page.has_unpublished_changes or not page.live
        if self.force:
            return CHANGE if current != wanted.content or drafted else KEEP
        if drafted:
            return LEAVE_ALONE
        if current == wanted.content:
            return KEEP
        return CHANGE if self.records.get(page.pk) == _digest(current) else LEAVE_ALONE

    def _may_change(self, page: Page, wanted: Wanted) -> bool:
        """Whether the page is to be changed; where it isn't, the report says why."""
        verdict = self._verdicts[page.pk]
        if verdict == LEAVE_ALONE:
            self.report.left_alone.append(f"{page.title} ({page.url_path})")
        elif verdict == KEEP:
            self._remember(page, wanted.content)
            self.report.unchanged += 1
        return verdict == CHANGE

    def _change(self, page: Page, wanted: Wanted) -> Page:
        self._free_slug(wanted, page.get_parent())
        page.slug = wanted.slug
        _assign(page, wanted)
        self.report.changed += 1
        return self._publish(page, wanted)

    def _publish(self, page: Page, wanted: Wanted) -> Page:
        page.save_revision(log_action=True).publish()
        page = wanted.model.objects.get(pk=page.pk)
        self._remember(page, wanted.content)
        return page

    def _remember(self, page: Page, content: str) -> None:
        digest = _digest(content)
        if self.records.get(page.pk) != digest:
            ImportedPage.objects.update_or_create(page_id=page.pk, defaults={"digest": digest})
            self.records[page.pk] = digest

    def _free_slug(self, wanted: Wanted, parent: Page) -> None:
        """Let a sibling that gets another slug in this import give up its present one early."""
        siblings = parent.get_children().filter(slug=wanted.slug).exclude(translation_key=wanted.key)
        siblings.filter(pk__in=self._moving_slugs).update(slug=f"{wanted.slug[:200]}-{uuid4().hex}")
        if keeper := siblings.first():
            raise _address_taken(wanted, keeper)


def _address_taken(wanted: Wanted, keeper: Page) -> CourseFileError:
    return CourseFileError(
        wanted.path, 1,
        f"the page “{keeper.title}” has the address “{keeper.slug}” and keeps it. "
        "Give one of the two another name, or use --force if it was changed in the CMS.",
    )  # fmt: skip


def _existing(keys: list[UUID]) -> models.QuerySet[Page]:
    return Page.objects.filter(translation_key__in=keys).specific()


def _children(parent: Page) -> list[int]:
    return list(Page.objects.get(pk=parent.pk).get_children().values_list("pk", flat=True))


def _is_stream(model: type[Page], name: str) -> bool:
    return isinstance(model._meta.get_field(name), StreamField)


def _value(page: Page, name: str) -> Any:
    value = getattr(page, name)
    return list(value.get_prep_value()) if _is_stream(type(page), name) else value


def _state_of(page: Page, wanted: Wanted) -> str:
    return _content_of(wanted.model, page.slug, {name: _value(page, name) for name in wanted.values})


def _content_of(model: type[Page], slug: str, values: dict[str, Any]) -> str:
    """Return slug and values as one text; two states are equal when their texts are."""
    shown = {
        name: _shown(model, name, value)
        for name, value in values.items()
        if name not in LATER or value != LATER[name]
    }
    return json.dumps(shown | {"slug": slug}, sort_keys=True, default=str)


def _shown(model: type[Page], name: str, value: Any) -> Any:
    """Return a value in a form in which unimportant differences are gone."""
    if _is_stream(model, name):
        return streams.comparable(value, named=name in NAMED_STREAMS)
    if name in LINE_LISTS:
        return lines(value)
    if isinstance(value, str):
        return streams.one_line_end(value).strip("\n")
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _assign(page: Page, wanted: Wanted) -> None:
    """Set the values and check every block the way the CMS does."""
    for name, value in (wanted.values | wanted.also).items():
        if not _is_stream(wanted.model, name):
            setattr(page, name, value)
            continue
        setattr(page, name, json.dumps(value))
        try:
            wanted.model._meta.get_field(name).stream_block.clean(getattr(page, name))
        except StreamBlockValidationError as error:
            raise _block_failure(wanted, name, error) from error


def _block_failure(wanted: Wanted, name: str, error: StreamBlockValidationError) -> CourseFileError:
    place, problem = next(iter(error.block_errors.items()), (0, error))
    if name in NAMED_STREAMS and wanted.blocks:
        line = line_of(wanted.blocks[place], problem)
    else:
        line = wanted.lines.get(name, 1)
    return CourseFileError(wanted.path, line, f"{name}: {'; '.join(messages_of(problem))}")
