"""How a visitor found the site: first and last touch, kept in one small cookie of the visitor's own.

Nothing in it names a person, nothing in it is trusted: it is cleaned when written and when read.
"""

import base64
import binascii
import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils import timezone

from enrollment.models import Lead

TOUCH_COOKIE = "touch"
KEPT = timedelta(days=90)
"""How long a first touch counts, and the cookie lives."""
UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
LONGEST = {"page": 200, "referrer": 100, "at": 10, **dict.fromkeys(UTM_FIELDS, 100)}
LONGEST_COOKIE = 3800
"""Browsers keep 4,096 bytes of name, value and attributes."""
PAID_MEDIA = {"cpc", "ppc", "paid", "paid-social", "paid_social", "cpm", "display", "affiliate", "ads", "ad"}

Touch = dict[str, str]
Touches = dict[str, Touch]


def clean_touch(values: Any) -> Touch:
    """Return only the known values, as short printable text."""
    if not isinstance(values, dict):
        return {}
    cleaned = {name: _clean(values.get(name), longest) for name, longest in LONGEST.items()}
    return {name: value for name, value in cleaned.items() if value}


def refuses_tracking(request: HttpRequest) -> bool:
    """Whether the browser asks not to be followed (Do Not Track, Global Privacy Control)."""
    return request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1"


def touch_of(request: HttpRequest) -> Touch | None:
    """Return how this visit came, or None when it brings neither a campaign nor another site's address."""
    values: dict[str, str | None] = {name: request.GET.get(name) for name in UTM_FIELDS}
    values["referrer"] = _other_host(request)
    touch = clean_touch(values)
    if not touch:
        return None
    return touch | clean_touch({"at": timezone.localdate().isoformat(), "page": request.path})


def add_touch(touches: Touches | None, touch: Touch) -> Touches:
    """Return the touches after one more: the first stays for its ninety days, the last is replaced."""
    return {"first": touches["first"] if touches else touch, "last": touch}


def write_touches(touches: Touches) -> str:
    """Return the cookie's value; when both touches are too long for one cookie, the last alone."""
    value = _packed(touches)
    return value if len(value) <= LONGEST_COOKIE else _packed({"last": touches["last"]})


def read_touches(request: HttpRequest) -> Touches | None:
    """Return what the visitor's cookie says, cleaned; None without one, or when tracking is refused."""
    value = request.COOKIES.get(TOUCH_COOKIE, "")
    if not value or len(value) > LONGEST_COOKIE or refuses_tracking(request):
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(value.encode("ascii", "replace")))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    first, last = clean_touch(said.get("first")), clean_touch(said.get("last"))
    if not last:
        return None
    return {"first": first if _counts_still(first) else last, "last": last}


def source_of(touches: Touches | None) -> Lead.Source:
    """Return whether a campaign brought the last visit."""
    last = (touches or {}).get("last", {})
    paid = last.get("utm_medium", "").lower() in PAID_MEDIA
    return Lead.Source.CAMPAIGN if paid or last.get("utm_campaign") else Lead.Source.WEBSITE


def campaign_of(touches: Touches | None) -> str:
    """Return the campaign of the last touch, or ""."""
    return (touches or {}).get("last", {}).get("utm_campaign", "")


def _clean(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in value[: 2 * longest])
    return " ".join(printable.encode("utf-8", "ignore").decode().split())[:longest].strip()


def _other_host(request: HttpRequest) -> str | None:
    try:
        host = urlsplit(request.headers.get("Referer", "")).hostname
    except ValueError:
        return None
    own, _port = split_domain_port(request.get_host())
    return None if host == own else host


def _counts_still(first: Touch) -> bool:
    try:
        day = date.fromisoformat(first.get("at", ""))
    except ValueError:
        return False
    return timezone.localdate() - KEPT <= day <= timezone.localdate()


def _packed(touches: Touches) -> str:
    text = json.dumps(touches, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()
