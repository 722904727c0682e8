"""The filters of the lead list; each combination is an address that can be kept as a link."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.forms.search import SearchForm

from accounts.models import User
from courses import wall_clock
from courses.models import CoursePage
from enrollment.access import admissions_workers
from enrollment.admin.now import clock_for
from enrollment.admin.search import find_leads
from enrollment.forms import LONGEST_ID, is_key
from enrollment.models import ClosingReason, Consent, Lead, LeadEvent, LeadImport, LeadTag, PipelineStage
from enrollment.models.leads import LeadQuerySet

NOBODY = "nobody"
SOMEBODY = "somebody"
MINE = "me"
UNASSIGNED_AFTER = timedelta(hours=1)
"""A lead without an owner for longer than this waits for one."""
WROTE_WITHIN = timedelta(days=7)
"""Who wrote again longer ago doesn't wait any more."""
AGES = {"today": 0, "week": 7, "older-7": 7, "older-30": 30, "older-90": 90}
"""Days before today; "older-…" means before them, the others since."""


def owner_choices(asked: str = "") -> list[tuple[str, str]]:
    """Return everybody who may own a lead, after oneself, nobody and somebody; one query.

    Who is asked for by key and owns leads is among them, also after they left.
    """
    who = Q(pk__in=admissions_workers().values("pk"))
    if is_key(asked):
        who |= Q(Exists(Lead.objects.filter(owner=OuterRef("pk"))), pk=int(asked))
    people = User.objects.filter(who).order_by("first_name", "last_name", "email")
    named = [(str(person.pk), str(person)) for person in people]
    return [(MINE, gettext("Me")), (NOBODY, gettext("Nobody")), (SOMEBODY, gettext("Somebody")), *named]


def of_owner(leads: QuerySet[Lead], value: str, *, user: User) -> QuerySet[Lead]:
    """Return the leads of one owner, given as one of the choices."""
    if value in {NOBODY, SOMEBODY}:
        return leads.filter(owner__isnull=value == NOBODY)
    return leads.filter(owner=user.pk if value == MINE else int(value))


class KeysField(django_filters.fields.ModelMultipleChoiceField):
    """Rows by key; a number that no database holds is no choice rather than a failure."""

    def clean(self, value: list[str] | None) -> QuerySet:
        if too_long := [key for key in value or [] if len(str(key)) >= LONGEST_ID]:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": too_long[0]}
            )
        return super().clean(value)


class AnyOf(django_filters.MultipleChoiceFilter):
    """Leads with one of the values; said with IN, because DISTINCT and OR keep indexes from being used."""

    def filter(self, qs: QuerySet[Lead], value: list[str]) -> QuerySet[Lead]:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class AnyRow(django_filters.ModelMultipleChoiceFilter):
    """Leads that point to one of the rows."""

    field_class = KeysField

    def filter(self, qs: QuerySet[Lead], value: QuerySet) -> QuerySet[Lead]:
        keys = [row.pk for row in value]
        return self.narrow(qs, keys) if keys else qs

    def narrow(self, leads: QuerySet[Lead], keys: list[int]) -> QuerySet[Lead]:
        return leads.filter(**{f"{self.field_name}__in": keys})


class AnyTag(AnyRow):
    """Leads with one of the tags, each once."""

    def narrow(self, leads: QuerySet[Lead], keys: list[int]) -> QuerySet[Lead]:
        return leads.filter(pk__in=Lead.tags.through.objects.filter(leadtag__in=keys).values("lead"))


class OwnerFilter(django_filters.ChoiceFilter):
    """Leads of one owner, of oneself, of nobody, or of anybody at all."""

    def filter(self, qs: QuerySet[Lead], value: str) -> QuerySet[Lead]:
        return of_owner(qs, value, user=self.parent.request.user) if value else qs


def _one_of(label: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(
        label=label, choices=choices, empty_label=_("Any"), widget=forms.RadioSelect, **kwargs
    )


def _either(label: Any, yes: Any, no: Any, **kwargs: Any) -> django_filters.ChoiceFilter:
    return _one_of(label, [("true", yes), ("false", no)], **kwargs)


class LeadFilterSet(WagtailFilterSet):
    """What leads are about, who works them, what is late or due, and when they asked."""

    stage = AnyOf(label=_("Stage"), choices=[], widget=forms.CheckboxSelectMultiple)
    open = _either(_("Work"), _("Open"), _("Ended (enrolled or closed)"), method="filter_open")
    owner = OwnerFilter(label=_("Owner"), choices=[], empty_label=_("Anybody"), widget=forms.RadioSelect)
    late = _one_of(
        _("First answer"),
        [("true", _("Late")), ("soon", _("Due soon")), ("false", _("Not late"))],
        method="filter_late",
    )
    due = _either(_("Next action"), _("Due today or before"), _("Not due"), method="filter_due")
    stuck = _either(_("Time in the stage"), _("Stuck: longer than the stage allows"), _("Not stuck"),
                    method="filter_stuck")  # fmt: skip
    again = _either(_("Wrote again"), _("Waits for an answer"), _("Doesn't wait"), method="filter_again")
    age = _one_of(
        _("Age"),
        [
            ("today", _("Asked today")),
            ("week", _("Asked within 7 days")),
            ("older-hour", _("Older than an hour")),
            ("older-7", _("Older than 7 days")),
            ("older-30", _("Older than 30 days")),
            ("older-90", _("Older than 90 days")),
        ],
        method="filter_age",
    )
    interest = AnyOf(label=_("Interest"), choices=Lead.Interest.choices, widget=forms.CheckboxSelectMultiple)
    course = AnyRow(
        label=_("Course"),
        queryset=CoursePage.objects.order_by("title"),
        widget=forms.CheckboxSelectMultiple,
    )
    source = AnyOf(label=_("Source"), choices=Lead.Source.choices, widget=forms.CheckboxSelectMultiple)
    campaign = django_filters.CharFilter(
        label=_("Campaign"), help_text=_("Exactly as the link of the campaign says it.")
    )
    tag = AnyTag(label=_("Tag"), queryset=LeadTag.objects.all(), widget=forms.CheckboxSelectMultiple)
    news = _either(_("Consent"), _("Course news allowed"), _("Course news not allowed"), method="filter_news")
    closing_reason = AnyRow(
        label=_("Reason for closing"),
        queryset=ClosingReason.objects.all(),
        widget=forms.CheckboxSelectMultiple,
    )
    lead_import = django_filters.ChoiceFilter(
        label=_("Import"), choices=[], empty_label=_("Any"), widget=forms.RadioSelect
    )
    created_at = django_filters.DateFromToRangeFilter(label=_("Asked"), widget=DateRangePickerWidget)

    class Meta:
        model = Lead
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read the choices that are rows once; Django asks a callable for them again and again."""
        super().__init__(*args, **kwargs)
        self.filters["stage"].extra["choices"] = list(PipelineStage.objects.values_list("key", "name"))
        asked = self.data or {}
        self.filters["owner"].extra["choices"] = owner_choices(asked.get("owner", ""))
        if "lead_import" in asked:
            self.filters["lead_import"].extra["choices"] = _import_choices(asked["lead_import"])
        else:
            del self.filters["lead_import"]

    def filter_open(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return leads.open() if value == "true" else leads.filter(stage__key__in=PipelineStage.ENDED)

    def filter_late(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        if value == "true":
            return leads.late()
        if value == "soon":
            return leads.open().filter(clock_for(self.request).due_soon())
        return leads.filter(
            Q(stage__in=PipelineStage.ENDED)
            | Q(answered_at__isnull=False)
            | Q(answer_due_at__gte=timezone.now())
        )

    def filter_due(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        if value == "true":
            return leads.open().filter(next_action_at__lte=end_of_today())
        return leads.filter(
            Q(stage__in=PipelineStage.ENDED)
            | Q(next_action_at__isnull=True)
            | Q(next_action_at__gt=end_of_today())
        )

    def filter_stuck(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        stuck = clock_for(self.request).stuck()
        return leads.open().filter(stuck) if value == "true" else leads.exclude(stuck)

    def filter_again(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        wrote = wrote_again().values("lead")
        return leads.open().filter(pk__in=wrote) if value == "true" else leads.exclude(pk__in=wrote)

    def filter_age(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        if value == "older-hour":
            return leads.filter(created_at__lt=timezone.now() - UNASSIGNED_AFTER)
        moment = start_of_today() - timedelta(days=AGES[value])
        older = value.startswith("older")
        return leads.filter(created_at__lt=moment) if older else leads.filter(created_at__gte=moment)

    def filter_news(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        """Filter by the newest word that the person gave on course news."""
        said = Consent.objects.filter(person=OuterRef("person"), purpose=Consent.Purpose.NEWS)
        newer = Consent.objects.filter(
            Q(created_at__gt=OuterRef("created_at"))
            | Q(created_at=OuterRef("created_at"), pk__gt=OuterRef("pk")),
            person=OuterRef("person"),
            purpose=OuterRef("purpose"),
        )
        allowed = Exists(said.filter(~Exists(newer), granted=True))
        return leads.filter(allowed if value == "true" else ~allowed)


def _import_choices(asked: str) -> list[tuple[str, str]]:
    """Return the import that is asked for; the way to it is the import's own page."""
    found = LeadImport.objects.filter(pk=asked) if is_key(asked) else LeadImport.objects.none()
    return [(str(row.pk), row.file_name) for row in found]


def wrote_again() -> QuerySet[LeadEvent]:
    """Return what people wrote within the last days and to whom nobody has turned since.

    An answer that staff wrote down was read by them.
    """
    since = LeadEvent.objects.filter(
        lead=OuterRef("lead"), actor__isnull=False, created_at__gt=OuterRef("created_at")
    )
    return LeadEvent.objects.filter(
        ~Exists(since),
        ~Q(kind=LeadEvent.Kind.REPLY, actor__isnull=False),
        kind__in=[LeadEvent.Kind.REPEATED, LeadEvent.Kind.ANOTHER, LeadEvent.Kind.REPLY],
        created_at__gte=timezone.now() - WROTE_WITHIN,
    )


class UnclearFilter(Exception):
    """A filter of an address means nothing."""


def matching_leads(query: QueryDict, *, request: HttpRequest) -> QuerySet[Lead]:
    """Return the leads that the list shows for this address query. Raises UnclearFilter."""
    filters, search = LeadFilterSet(query, request=request), SearchForm(query)
    if not filters.is_valid() or (query.get("q") and not search.is_valid()):
        raise UnclearFilter
    return find_leads(filters.filter_queryset(Lead.objects.all()), query.get("q", "").strip())


LIST_PARAMETERS = ("q", "ordering", *LeadFilterSet.base_filters, "created_at_from", "created_at_to")


def list_query(query: QueryDict) -> str:
    """Return what an address says about the list, written in one way; without page and empty values."""
    kept = QueryDict(mutable=True)
    for name in LIST_PARAMETERS:
        if values := sorted({value.strip() for value in query.getlist(name)} - {""}):
            kept.setlist(name, values)
    return kept.urlencode()


def list_url(query: str) -> str:
    """Return the address of the list with this query."""
    address = reverse("leads:list")
    return f"{address}?{query}" if query else address


def listing_mark(query: QueryDict) -> str:
    """Return a short mark that tells lists with other filters apart."""
    return sha256(list_query(query).encode()).hexdigest()[:12]


def start_of_today() -> datetime:
    """Return the first moment of today where the institute is."""
    return wall_clock.midnight(wall_clock.today())


def end_of_today() -> datetime:
    """Return the last moment of today where the institute is."""
    return start_of_today().replace(hour=23, minute=59, second=59, microsecond=999999)
