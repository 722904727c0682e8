"""Handing messages to providers that take them by HTTP."""

import ssl
from typing import Any

import requests
import structlog
from requests import PreparedRequest, Response
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError
from urllib3.exceptions import SSLError as HandshakeError

from outbox.errors import NotHandedOver, Throttled, Unreachable

log = structlog.get_logger(__name__)

TIMEOUTS = (5, 20)
"""Seconds to connect, and between two bytes of the answer; together well within the lease of a sender."""
LONGEST_PAUSE = 3600.0


class Gateway:
    """A connection that is kept open for the messages of a batch."""

    def __init__(self, *, address: str, token: str) -> None:
        self.address = address
        self._token = token
        self._session: requests.Session | None = None

    def open(self) -> None:
        """Get ready; the connection itself is made by the first request and then used again."""
        if self._session is None:
            self._session = requests.Session()
            self._session.auth = self._sign  # not a header: a .netrc would replace it

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def post(self, body: dict[str, Any], *, headers: dict[str, str] | None = None) -> Response:
        """Return the answer of the provider to one request, whatever it says.

        Raises Unreachable when no connection was made; any other error of requests means that the
        provider may have taken the message.
        """
        self.open()
        assert self._session is not None  # noqa: S101 - opened above
        try:
            return self._session.post(
                self.address, json=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False
            )
        except requests.RequestException as error:
            if never_connected(error):
                raise Unreachable(type(error).__name__) from error
            raise

    def _sign(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def never_connected(error: requests.RequestException) -> bool:
    """Whether a request failed before there was a connection that could carry it."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    outer = error.args[0] if error.args else None
    reason = outer.reason if isinstance(outer, MaxRetryError) else None
    if isinstance(reason, HandshakeError):
        return isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | ProxyError)


def throttled(answer: Response, text: str, *, pause: float = 30) -> Throttled:
    """Return the error for "too much at a time", with the pause that the provider asked for, or ours."""
    asked = answer.headers.get("Retry-After", "")
    return Throttled(text, retry_after=min(float(asked) if asked.isdigit() else pause, LONGEST_PAUSE))


def our_fault(channel: str, answer: Response, *, code: object = "") -> NotHandedOver:
    """Return the error for a token, an address or an account that the provider doesn't accept, and say so."""
    log.error("channel_refuses_us", channel=channel, status=answer.status_code, code=code)
    return NotHandedOver(f"The provider doesn't accept our account (HTTP {answer.status_code}, {code}).")


def json_of(answer: Response) -> dict[str, Any]:
    """Return the JSON object of an answer; empty for anything else."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
