"""What admissions leads do about a person's data, and the log of who saw what."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from enrollment import privacy
from enrollment.accesses import note_access
from enrollment.admin.forms.privacy import ConsentForm, GuardianForm, RestrictForm
from enrollment.admin.permissions import StaffRequest, desk_screen, manager_screen
from enrollment.consents import record_consent, set_guardian, standing
from enrollment.errors import EnrollmentError, GuardianNeeded
from enrollment.models import DataAccess, Lead, Person
from enrollment.personal import as_archive

ROWS = 50


@desk_screen
@require_safe
def person_privacy(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what a person allowed, and what can be done about their data."""
    return _show(request, _person(request, pk))


@desk_screen
@require_POST
def consent(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down what the person said about a purpose."""
    person = _person(request, pk)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _show(request, person, status=422, consent_form=form)
    try:
        record_consent(person=person, actor=request.user, **form.cleaned_data)
    except GuardianNeeded as error:
        form.add_error("purpose", str(error))
        return _show(request, person, status=422, consent_form=form)
    messages.success(request, _("Consent written down."))
    return redirect("desk:person-privacy", pk)


@desk_screen
@require_POST
def guardian(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down that a person is under 18, and who speaks for them."""
    person = _person(request, pk)
    form = GuardianForm(request.POST, person=person)
    if not form.is_valid():
        return _show(request, person, status=422, guardian_form=form)
    said = form.cleaned_data
    set_guardian(
        person=person,
        under_18=said["under_18"],
        name=said["guardian_name"],
        contact=said["guardian_contact"],
        actor=request.user,
    )
    messages.success(request, _("Saved."))
    return redirect("desk:person-privacy", pk)


@manager_screen
@require_POST
def take_away(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer an access request: everything about the person in one archive, noted before it leaves."""
    person = get_object_or_404(Person, pk=pk, erased_at__isnull=True)
    note_access(actor=request.user, kind=DataAccess.Kind.REQUEST, count=1, person=person)
    response = HttpResponse(as_archive(person), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="person-{person.pk}.zip"'
    return response


@manager_screen
@require_POST
def restrict(request: StaffRequest, pk: int) -> HttpResponse:
    """Hide a person from the desk at once."""
    person = get_object_or_404(Person, pk=pk)
    form = RestrictForm(request.POST)
    if not form.is_valid():
        return _show(request, person, status=422, restrict_form=form)
    privacy.restrict(person=person, actor=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("%(name)s is restricted: hidden from the desk, no message leaves.")
                     % {"name": person.name})  # fmt: skip
    return redirect("desk:privacy")


@manager_screen
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask once more, then erase."""
    person = get_object_or_404(Person, pk=pk, erased_at__isnull=True)
    back = reverse("desk:privacy") if person.restricted_at else reverse("desk:person-privacy", args=[pk])
    if request.method != "POST":
        return render(request, "enrollment/admin/privacy/erase.html", {"person": person, "back": back})
    return _do(
        request,
        lambda: privacy.erase(person=person, actor=request.user),
        said=_("%(name)s is erased: hidden now, purged on the day shown below.") % {"name": person.name},
        back=back,
    )


@manager_screen
@require_POST
def lift(request: StaffRequest, pk: int) -> HttpResponse:
    """Bring a restricted person back."""
    person = get_object_or_404(Person, pk=pk, erased_at__isnull=True)
    return _do(
        request,
        lambda: privacy.lift(person=person, actor=request.user),
        said=_("%(name)s is back at the desk.") % {"name": person.name},
        back=reverse("desk:privacy"),
    )


@manager_screen
@require_safe
def overview(request: StaffRequest) -> HttpResponse:
    """List the people who are restricted, and when they will be purged."""
    people = Person.objects.filter(restricted_at__isnull=False, erased_at__isnull=True)
    page = Paginator(people.order_by("-restricted_at", "-pk"), ROWS).get_page(request.GET.get("p"))
    return render(request, "enrollment/admin/privacy/overview.html", {"page": page})


@manager_screen
@require_safe
def accesses(request: StaffRequest) -> HttpResponse:
    """List who took personal data out, or saw the contact data of many people."""
    rows = DataAccess.objects.select_related("actor", "person")
    kind = request.GET.get("kind", "")
    if kind in DataAccess.Kind.values:
        rows = rows.filter(kind=kind)
    page = Paginator(rows, ROWS).get_page(request.GET.get("p"))
    context = {"page": page, "kind": kind, "kinds": DataAccess.Kind.choices}
    return render(request, "enrollment/admin/privacy/accesses.html", context)


def _do(request: StaffRequest, act: Callable[[], Any], *, said: str, back: str) -> HttpResponse:
    try:
        act()
    except EnrollmentError as error:
        messages.error(request, str(error))
        return redirect(back)
    messages.success(request, said)
    return redirect("desk:privacy")


def _person(request: StaffRequest, pk: int) -> Person:
    """Return a person that the desk works; one who is restricted or erased is found by nobody here."""
    return get_object_or_404(Person, pk=pk, restricted_at__isnull=True)


def _show(request: StaffRequest, person: Person, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "person": person,
        "leads": Lead.objects.filter(person=person).select_related("stage"),
        "standing": standing(person).values(),
        "consents": person.consents.select_related("actor").order_by("-created_at", "-pk"),
        "consent_form": forms.get("consent_form") or ConsentForm(),
        "guardian_form": forms.get("guardian_form") or GuardianForm(person=person),
        "restrict_form": forms.get("restrict_form") or RestrictForm(),
        "may_manage": request.user.has_perm("enrollment.manage_leads"),
    }
    return render(request, "enrollment/admin/privacy/person.html", context, status=status)
