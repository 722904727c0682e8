"""The raw post of a form: what of it is kept, and how copies of one post are known."""

import hashlib
import json
from uuid import UUID, uuid5

from django.http import QueryDict

from enrollment.models import Submission

_NOT_CONTENT = {"csrfmiddlewaretoken", "key"}


def find_repeat(data: QueryDict) -> Submission | None:
    """Return the submission that this very post already made, or None; one or two queries."""
    key = posted_key(data)
    if key is None:
        return None
    digest = digest_of(payload_of(data))
    return Submission.objects.filter(key__in=[key, uuid5(key, digest)], digest=digest).first()


def fingerprint(data: QueryDict) -> str:
    """Return what copies of one post, and no others, have in common; "" for one without a key."""
    key = posted_key(data)
    return f"{key}:{digest_of(payload_of(data))}" if key else ""


def payload_of(data: QueryDict) -> str:
    """Return the fields of a post as they are kept."""
    return json.dumps({name: data.getlist(name) for name in sorted(data) if name not in _NOT_CONTENT})


def digest_of(payload: str) -> str:
    """Return what only payloads of the same content have in common."""
    return hashlib.sha256(payload.encode()).hexdigest()


def posted_key(data: QueryDict) -> UUID | None:
    """Return the key that the form was sent with, or None."""
    try:
        return UUID(data.get("key", ""))
    except ValueError:
        return None
