"""Enquiries that other systems send: who may, what they signed, and what they get for an answer."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import F, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.text import slugify
from django.utils.translation import gettext as _

from enrollment import intake, limits, posts
from enrollment.attribution import UTM_FIELDS, Touches, clean_touch
from enrollment.elsewhere import ApiForm
from enrollment.models import CaptureSource, Submission

SECRET_SALT = "enrollment.capture"  # noqa: S105 - says what the secret is for
KEYS_OF_SOURCES = UUID("6f1d4a0e-5a0c-4d6b-9c57-0d1f6f6f8f0b")
"""Name space of submission keys made from a source and its idempotency key."""
CLOCK_TOLERANCE = timedelta(minutes=5)
LONGEST_BODY = 64 * 1024
LONGEST_KEY = 100
POSTS_PER_WINDOW = 600
"""Posts of one source in ten minutes."""
KNOWN_FIELDS = {*ApiForm.FIELDS, *UTM_FIELDS}
USE_NOTED_AFTER = timedelta(minutes=1)
KEY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True)
class Answer:
    """What a source is told: a status, and the body that explains it."""

    status: int
    error: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    reference: str = ""

    def body(self) -> dict[str, Any]:
        if not self.error:
            return {"reference": self.reference, "repeated": self.status == 200}
        return {"error": self.error} | ({"fields": self.fields} if self.fields else {})


def make_key(name: str) -> str:
    """Return a new key that names a source in requests; not secret."""
    tail = "".join(secrets.choice(KEY_LETTERS) for _number in range(5))
    return f"{slugify(name)[:24] or 'source'}-{tail}".replace("--", "-")


def secret_of(source: CaptureSource) -> str:
    """Return the secret with which the source signs; it is derived, so nothing stores it."""
    return _derived(source, settings.SECRET_KEY)


def renew_secret(*, source: CaptureSource, shown: int) -> bool:
    """End the present secret; False when somebody renewed it after number `shown`. One conditional update."""
    return bool(
        CaptureSource.objects.filter(pk=source.pk, secret_number=shown).update(
            secret_number=F("secret_number") + 1
        )
    )


def sign(*, secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a request as its X-Signature header."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


def find_source(key: str) -> CaptureSource | None:
    """Return the source with this key, also one that is switched off; one query."""
    return CaptureSource.objects.filter(key=key).first() if key.isprintable() else None


def is_signed_by(source: CaptureSource | None, *, timestamp: str, signature: str, body: bytes) -> bool:
    """Whether the source signed this body at this time; compared in constant time, also for no source."""
    asked = source or CaptureSource(pk=0)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    matches = [
        constant_time_compare(
            sign(secret=_derived(asked, key), timestamp=timestamp, body=body), signature.strip()
        )
        for key in keys
    ]
    return source is not None and any(matches)


def is_recent(timestamp: str) -> bool:
    """Whether the timestamp, in Unix seconds, is within five minutes of now."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(timezone.now().timestamp() - int(timestamp)) <= CLOCK_TOLERANCE.total_seconds()


def is_played_again(*, source: CaptureSource, signature: str, idempotency_key: str) -> bool:
    """Whether a signed request came before under another key, which the signature doesn't cover."""
    name = f"capture:{source.pk}:{hashlib.sha256(signature.strip().encode()).hexdigest()}"
    seconds = 2 * int(CLOCK_TOLERANCE.total_seconds())
    return not limits.is_first_or_same(name, holder=idempotency_key, seconds=seconds)


def take(*, source: CaptureSource, idempotency_key: str, body: bytes, address: str | None) -> Answer:
    """Record and settle one signed post; the same key and body always gives the same reference.

    Of several at once the one that settles it is told that it was the first.
    """
    _note_use(source)
    said = _parsed(body)
    if isinstance(said, Answer):
        return said
    values = {name: _as_text(value) for name, value in said.items() if value not in (None, False)}
    key = uuid5(KEYS_OF_SOURCES, f"{source.pk}:{idempotency_key}")
    data = _as_form_data(values | {"key": str(key)})
    known = posts.find_repeat(data)
    if known and known.outcome in intake.SETTLED:
        return Answer(200, reference=known.reference)
    submission = intake.record(
        form=Submission.Form.API,
        data=data,
        address=address,
        capture_source=source,
        attribution=_attribution(values),
    )
    if _is_taken(key, submission):
        _reject(submission)
        return Answer(
            409, _("This Idempotency-Key was used with another body. Send a new key for a new lead.")
        )
    is_new = submission.outcome not in intake.SETTLED
    problems = _problems(said)
    if problems:
        _reject(submission)
    elif refused := intake.settle(submission):
        problems = {name: [str(error) for error in found] for name, found in refused.errors.items()}
    if problems:
        return Answer(422, _("No lead was made of this. Correct the fields and send it again."), problems)
    is_first = is_new and submission.outcome in intake.SETTLED
    return Answer(201 if is_first else 200, reference=submission.reference)


def seconds_to_wait(source: CaptureSource) -> int:
    """Count one post of the source; return 0 if it may be taken, else the seconds until one may."""
    return limits.seconds_until_free(f"capture:{source.pk}", places=POSTS_PER_WINDOW)


def _derived(source: CaptureSource, secret_key: str | bytes) -> str:
    value = f"{source.pk}:{source.secret_number}"
    return salted_hmac(SECRET_SALT, value, secret=secret_key, algorithm="sha256").hexdigest()


def _parsed(body: bytes) -> dict[str, Any] | Answer:
    """Return the object that was sent, or why it is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return Answer(400, _("The body is not JSON. Send one JSON object in UTF-8."))
    if not isinstance(said, dict):
        return Answer(400, _("The body is not a JSON object. Send one object with the fields of one lead."))
    return said


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "on" if value is True else json.dumps(value)


def _problems(said: dict[str, Any]) -> dict[str, list[str]]:
    """Return what can't be told from the form: names that don't exist, and lists where text belongs."""
    problems = {}
    for name, value in said.items():
        if name not in KNOWN_FIELDS:
            known = ", ".join(sorted(KNOWN_FIELDS))
            problems[name[:LONGEST_KEY]] = [_("There is no such field. The fields are: %s.") % known]
        elif isinstance(value, list | dict):
            problems[name] = [_("Send text, a number, true or false.")]
    return problems


def _as_form_data(values: dict[str, str]) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update(values)
    return data


def _attribution(values: dict[str, str]) -> Touches | None:
    touch = clean_touch({name: values.get(name) for name in UTM_FIELDS})
    if not touch:
        return None
    touch["at"] = timezone.localdate().isoformat()
    return {"first": touch, "last": touch}


def _is_taken(key: UUID, submission: Submission) -> bool:
    """Whether an earlier post under this key with other content was taken or is being taken."""
    same_key = Submission.objects.filter(Q(key=key) | Q(repeats__key=key), pk__lt=submission.pk)
    return same_key.exclude(outcome=Submission.Outcome.REJECTED).exists()


def _reject(submission: Submission) -> None:
    Submission.objects.filter(pk=submission.pk, outcome=Submission.Outcome.RECEIVED).update(
        outcome=Submission.Outcome.REJECTED
    )


def _note_use(source: CaptureSource) -> None:
    """Note when the source was last used, to the minute, so that posts at once don't wait for each other."""
    now = timezone.now()
    unnoted = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_AFTER)
    CaptureSource.objects.filter(unnoted, pk=source.pk).update(last_used_at=now)
