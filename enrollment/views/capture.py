"""The address to which other systems send leads: signed, in JSON, described in docs/lead-api.md."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from enrollment import capture
from enrollment.assignment import assign_soon
from enrollment.capture import Answer
from enrollment.models import CaptureSource
from enrollment.senders import client_address


@csrf_exempt
@never_cache
def receive_lead(request: HttpRequest) -> JsonResponse:
    """Take one lead; every answer is JSON, and none redirects."""
    answer, headers = _answer(request) if request.method == "POST" else _wrong_method()
    return JsonResponse(answer.body(), status=answer.status, headers=headers)


def _wrong_method() -> tuple[Answer, dict[str, str]]:
    return Answer(405, _("Send leads by POST.")), {"Allow": "POST"}


def _answer(request: HttpRequest) -> tuple[Answer, dict[str, str]]:
    body = _body(request)
    if isinstance(body, Answer):
        return body, {}
    source = _sender(request, body)
    if isinstance(source, Answer):
        return source, {}
    key = _key(request, source)
    if isinstance(key, Answer):
        return key, {}
    if wait := capture.seconds_to_wait(source):
        said = _("Too many leads in ten minutes. Send this one again, with the same key, in %s seconds.")
        return Answer(429, said % wait), {"Retry-After": str(wait)}
    address = client_address(request)
    answer = capture.take(source=source, idempotency_key=key, body=body, address=address)
    assign_soon()
    return answer, {}


def _body(request: HttpRequest) -> bytes | Answer:
    if request.content_type != "application/json":
        return Answer(415, _("Send the lead as application/json."))
    too_large = Answer(413, _("The body is larger than 64 KB. Send one lead at a time."))
    try:
        announced = int(request.headers.get("Content-Length") or 0)
        body = request.body if announced <= capture.LONGEST_BODY else b""
    except (ValueError, RequestDataTooBig):
        return too_large
    return too_large if max(announced, len(body)) > capture.LONGEST_BODY else body


def _sender(request: HttpRequest, body: bytes) -> CaptureSource | Answer:
    """Return the source that signed the request, or why it isn't believed.

    A source that doesn't exist looks like one with a wrong secret.
    """
    timestamp = request.headers.get("X-Timestamp", "").strip()
    if not capture.is_recent(timestamp):
        said = _("X-Timestamp must be the time of sending in Unix seconds, within 5 minutes of %s. "
                 "Set the clock right and sign again.")  # fmt: skip
        return Answer(401, said % int(timezone.now().timestamp()))
    source = capture.find_source(request.headers.get("X-Source", ""))
    signature = request.headers.get("X-Signature", "")
    signed = capture.is_signed_by(source, timestamp=timestamp, signature=signature, body=body)
    if source is None or not signed:
        return Answer(
            401,
            _("The signature doesn't fit. Check X-Source and the secret, and sign the timestamp, a dot "
              "and the very bytes of the body with HMAC-SHA256."),
        )  # fmt: skip
    if not source.is_active:
        return Answer(403, _("This source is switched off. Ask admissions to switch it on."))
    return source


def _key(request: HttpRequest, source: CaptureSource) -> str | Answer:
    """Return the key of the lead, or why there is none that counts."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > capture.LONGEST_KEY:
        return Answer(400, _("Send an Idempotency-Key of 1 to 100 characters, a new one for each lead."))
    signature = request.headers.get("X-Signature", "")
    if capture.is_played_again(source=source, signature=signature, idempotency_key=key):
        return Answer(409, _("This very request was sent with another Idempotency-Key. Sign each lead anew."))
    return key
