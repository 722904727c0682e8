"""The accounts of people who are enrolled: found by their address or made."""

from django.db import IntegrityError, transaction

from accounts.models import User
from enrollment.errors import AccountDisabled, NoEmailAddress
from enrollment.models import ContactPoint, Person


def account_of(person: Person) -> User:
    """Return the person's account, found by their address or made; link it when it is nobody else's.

    The account's row is locked before it is linked: one person of two with the same address gets it.
    """
    if person.user is not None:
        return _enabled(person.user)
    address = address_of(person)
    if not address:
        raise NoEmailAddress
    account = _find_or_make_account(email=address, name=person.name)
    account = User.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not Person.objects.filter(user=account).exists():
        person.user = account
        person.save(update_fields=["user"])
    return _enabled(account)


def address_of(person: Person) -> str:
    """Return where the person is written to: the address of their account, else their first one, else ""."""
    if person.user is not None:
        return person.user.email
    point = person.contact_points.filter(kind=ContactPoint.Kind.EMAIL).order_by("pk").first()
    return point.value if point else ""


def _find_or_make_account(*, email: str, name: str) -> User:
    account = User.objects.filter(email__iexact=email).first()
    if account:
        return account
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name=name)
    except IntegrityError:
        return User.objects.get(email__iexact=email)


def _enabled(account: User) -> User:
    if not account.is_active:
        raise AccountDisabled
    return account
