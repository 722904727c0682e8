"""Saving, renaming, sharing and deleting views of the lead list."""

from django.db import IntegrityError, transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages

from accounts.access import SignedInRequest
from enrollment.admin.filters import list_query, list_url
from enrollment.admin.permissions import desk_screen
from enrollment.admin.saved_views import SavedViewForm, changeable_views
from enrollment.models import SavedView


@desk_screen
@require_POST
def add_view(request: SignedInRequest) -> HttpResponse:
    """Save what the list shows under a name."""
    form = SavedViewForm(request.POST, user=request.user)
    if form.is_valid() and _save(form):
        messages.success(request, _("View “%(name)s” saved.") % {"name": form.instance.name})
        return redirect(list_url(form.instance.query))
    return _show(request, form, query=list_query(QueryDict(request.POST.get("query", ""))))


@desk_screen
@require_http_methods(["GET", "HEAD", "POST"])
def edit_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rename a view, or share it."""
    view = get_object_or_404(changeable_views(request.user), pk=pk)
    query = view.query
    form = SavedViewForm(request.POST or None, instance=view, user=request.user)
    if form.is_bound and form.is_valid() and _save(form):
        messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
        return redirect(list_url(query))
    return _show(request, form, query=query)


@desk_screen
@require_http_methods(["GET", "HEAD", "POST"])
def delete_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a view after a question; the leads stay as they are."""
    view = get_object_or_404(changeable_views(request.user), pk=pk)
    if request.method == "POST":
        view.delete()
        messages.success(request, _("View “%(name)s” deleted. No lead was changed.") % {"name": view.name})
        return redirect("leads:list")
    context = {"view": view, "list_url": list_url(view.query)}
    return render(request, "enrollment/admin/saved_views/delete.html", context)


def _save(form: SavedViewForm) -> SavedView | None:
    """Save the view, or say at the name that another press was faster."""
    try:
        with transaction.atomic():
            return form.save()
    except IntegrityError:
        form.add_error("name", _("There is a view of this name. Choose another name."))
        return None


def _show(request: SignedInRequest, form: SavedViewForm, *, query: str) -> HttpResponse:
    context = {
        "form": form,
        "list_url": list_url(query),
        "saved": form.instance if form.instance.pk else None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "enrollment/admin/saved_views/form.html", context, status=status)
