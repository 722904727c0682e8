"""Saved views of the lead list: filters, search and order under a name."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import User
from enrollment.admin.filters import list_query, list_url
from enrollment.admin.permissions import may_manage_leads
from enrollment.models import SavedView

BUILT_IN = (
    (_("All leads"), ""),
    (_("My leads"), "open=true&owner=me"),
    (_("Late"), "late=true"),
    (_("Unassigned"), "open=true&owner=nobody"),
    (_("Due today"), "due=true&ordering=next_action_at"),
)
LONGEST_QUERY = 1000


@dataclass(frozen=True)
class ViewLink:
    """One view above the list."""

    name: Any
    query: str
    is_active: bool
    is_shared: bool = False
    edit_url: str = ""
    """Empty where the user may not change the view."""

    @property
    def url(self) -> str:
        """The list with the filters of the view."""
        return list_url(self.query)


def views_of(user: User, *, query: str) -> list[ViewLink]:
    """Return the views that the user has above the list, the one that is shown marked; one query."""
    links = [_link(name, list_query(QueryDict(text)), query) for name, text in BUILT_IN]
    manages = may_manage_leads(user)
    for view in visible_views(user):
        edit_url = reverse("desk:view-edit", args=[view.pk])
        links.append(
            ViewLink(
                name=view.name,
                query=view.query,
                is_active=view.query == query,
                is_shared=view.is_shared,
                edit_url=edit_url if manages or view.owner_id == user.pk else "",
            )
        )
    return links


def visible_views(user: User) -> QuerySet[SavedView]:
    """Return the user's own views and the shared ones."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))


def changeable_views(user: User) -> QuerySet[SavedView]:
    """Return the views that the user may rename and delete: their own; all shared ones for who manages."""
    return visible_views(user) if may_manage_leads(user) else SavedView.objects.filter(owner=user)


def _link(name: Any, text: str, query: str) -> ViewLink:
    return ViewLink(name=name, query=text, is_active=text == query)


class SavedViewForm(forms.ModelForm):
    """A name for what the list shows; sharing is for those who manage leads."""

    name = LineField(
        label=_("Name of the view"),
        max_length=60,
        error_messages={
            "required": _("Name the view, like “Placement, this week”"),
            "max_length": _("Shorten the name to 60 characters or fewer"),
        },
    )

    query = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = SavedView
        fields = ("name", "is_shared", "query")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        if not may_manage_leads(user):
            del self.fields["is_shared"]
        if self.instance.pk:
            del self.fields["query"]
        else:
            self.instance.owner = user

    def clean_query(self) -> str:
        return list_query(QueryDict(self.cleaned_data["query"]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(cleaned.get("query", "")) > LONGEST_QUERY:
            raise forms.ValidationError(_("These are too many filters for one view. Take some away."))
        return cleaned

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        taken = SavedView.objects.filter(owner=self.instance.owner, name__iexact=name)
        if taken.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a view of this name. Choose another name."))
        return name
