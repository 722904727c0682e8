"""Who may enter the CMS, and whether a second factor stands behind the session."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import User

CMS_PERMISSION = "wagtailadmin.access_admin"


class SignedInRequest(HttpRequest):
    """A request that has passed `login_required`; tells type checkers who the user is."""

    user: User


def has_cms_access(user: User | AnonymousUser) -> bool:
    """Whether this person works in the CMS; two queries the first time a user object is asked."""
    return user.is_active and user.has_perm(CMS_PERMISSION)


def second_factors(user: User | AnonymousUser) -> set[str]:
    """Return the kinds of second factor that are set up (app, security key); one query."""
    types = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return set(Authenticator.objects.filter(user_id=user.pk, type__in=types).values_list("type", flat=True))


def proved_second_factor(request: HttpRequest) -> bool:
    """Whether the second factor was used, or set up, since this session was signed in."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)
