"""Phone numbers as people write them."""

import phonenumbers
from django.conf import settings


def parse_phone(typed: str) -> str | None:
    """Return the E.164 form of a number written in any usual way, or None; India is the default."""
    try:
        number = phonenumbers.parse(typed.strip(), settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
