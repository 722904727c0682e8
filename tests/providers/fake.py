"""A provider on this machine that behaves as the WhatsApp Business Cloud API, an SMS gateway and Postmark do.

It writes down what it took before it answers, so that what was really sent can be counted whatever happens
to the sender. Faults are set on `faults`, or sent as JSON to /faults when it runs as a process of its own:

    python -m tests.providers.fake --port 8099 --log /tmp/taken.jsonl
"""

import argparse
import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "provider-token"
PHONE_ID = "1055"
TEMPLATES = {"enquiry_follow_up": 2, "cohort_starts": 1}
"""Approved templates, and how many places each has."""
MESSAGES = {
    4: "Application request limit reached",
    100: "Invalid parameter",
    190: "Invalid OAuth access token",
    80007: "Rate limit issues",
    130429: "Rate limit hit",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131050: "User has stopped marketing messages",
    131056: "Pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
}


@dataclass(frozen=True)
class Taken:
    """A message that the provider took."""

    channel: str
    id: str
    to: str
    reference: str
    body: dict[str, Any]


@dataclass
class Faults:
    """What goes wrong, until it is set back."""

    throttle_every: int = 0
    """Each so many requests one is too much."""
    retry_after: int = 0
    """Seconds that a throttled answer asks for in a header; 0 for no header."""
    codes: dict[str, int | str] = field(default_factory=dict)
    """Numbers that are refused, with the code."""
    error_after_taking: int = 0
    """So many messages are taken and answered with 500."""
    drop_after_body: int = 0
    """So many messages are taken, and the connection closed without an answer."""
    drop_before_taking: int = 0
    """So many connections are closed before the message is taken."""
    hang: float = 0
    """Seconds for which a taken message gets no answer."""
    open_windows: list[str] | None = None
    """Numbers whose owners wrote lately; None for all."""


class FakeProvider:
    """Serves in a thread until it is stopped."""

    def __init__(self, *, port: int = 0, log: Path | None = None, keeps_keys: bool = True) -> None:
        self.faults = Faults()
        self.taken: list[Taken] = []
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self.keeps_keys = keeps_keys
        self._log = log
        self._lock = threading.Lock()
        self._server = _Server(port, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def whatsapp_api(self) -> str:
        return f"{self.address}/v23.0"

    @property
    def sms_address(self) -> str:
        return f"{self.address}/sms"

    def start(self) -> "FakeProvider":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def use_up(self, fault: str) -> bool:
        """Whether a fault that is counted strikes now."""
        with self._lock:
            left = getattr(self.faults, fault)
            setattr(self.faults, fault, max(left - 1, 0))
            return left > 0

    def is_too_much(self, request: dict[str, Any]) -> bool:
        with self._lock:
            self.requests.append(request)
            every = self.faults.throttle_every
            return bool(every) and len(self.requests) % every == 0

    def take(self, channel: str, *, to: str, reference: str, body: dict[str, Any]) -> str:
        """Write the message down and return its id; of two with one key the first counts, for SMS."""
        with self._lock:
            known = [each for each in self.taken if (each.channel, each.reference) == (channel, reference)]
            if known and channel == "sms" and self.keeps_keys:
                return known[0].id
            prefix = {"whatsapp": "wamid.FAKE", "sms": "sms-", "email": "mail-"}[channel]
            taken = Taken(channel, f"{prefix}{os.getpid()}-{len(self.taken)}", to, reference, body)
            self.taken.append(taken)
            if self._log:
                with self._log.open("a") as file:
                    file.write(json.dumps(vars(taken), ensure_ascii=False) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
        return taken.id


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, provider: FakeProvider) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.provider = provider


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    @property
    def provider(self) -> FakeProvider:
        return self.server.provider

    def setup(self) -> None:
        super().setup()
        self.provider.connections += 1

    def do_GET(self) -> None:
        self._answer(200, {"taken": [vars(each) for each in self.provider.taken]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        if self.path == "/faults":
            self.provider.faults = Faults(**body)
            self._answer(200, {})
        elif self.provider.use_up("drop_before_taking"):
            self.close_connection = True
        elif self.path == "/sms":
            self._sms(body)
        elif self.path == "/email":
            self._mail(body)
        else:
            self._whatsapp(body)

    def _whatsapp(self, body: dict[str, Any]) -> None:
        to = "+" + str(body.get("to", "")).removeprefix("+")
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._refuse(401, 190)
        elif self.path != f"/v23.0/{PHONE_ID}/messages":
            self._refuse(400, 100, error_subcode=33)
        elif self.provider.is_too_much(body):
            self._refuse(429, 130429)
        elif code := self.provider.faults.codes.get(to):
            self._refuse(500 if code == 131000 else 400, int(code))
        elif problem := _problem(body, to, self.provider.faults):
            self._refuse(404 if problem == 132001 else 400, problem)
        else:
            reference = str(body.get("biz_opaque_callback_data", ""))
            wamid = self.provider.take("whatsapp", to=to, reference=reference, body=body)
            answer = {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to.removeprefix("+")}],
                "messages": [{"id": wamid, "message_status": "accepted"}],
            }
            self._answer_taken(answer)

    def _sms(self, body: dict[str, Any]) -> None:
        wanted = {"to", "text", "unicode", "sender", "entity_id", "template_id", "reference"}
        code = self.provider.faults.codes.get(str(body.get("to")))
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {"error": {"code": "unauthorised"}})
        elif self.provider.is_too_much(body):
            self._answer(429, {"error": {"code": "too_many"}}, self._pause())
        elif code:
            self._answer(422, {"error": {"code": code}})
        elif set(body) != wanted or self.headers["Idempotency-Key"] != body["reference"]:
            self._answer(400, {"error": {"code": "malformed"}})
        else:
            reference = str(body["reference"])
            taken = self.provider.take("sms", to=body["to"], reference=reference, body=body)
            self._answer_taken({"id": taken})

    def _mail(self, body: dict[str, Any]) -> None:
        code = self.provider.faults.codes.get(str(body.get("To")))
        if self.headers["X-Postmark-Server-Token"] != TOKEN:
            self._answer(401, {"ErrorCode": 10, "Message": "Bad or missing API token."})
        elif self.provider.is_too_much(body):
            self._answer(429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}, self._pause())
        elif code:
            self._answer(422, {"ErrorCode": code, "Message": "Not taken"})
        else:
            named = {header["Name"]: header["Value"] for header in body.get("Headers", [])}
            taken = self.provider.take(
                "email", to=body["To"], reference=named.get("Message-ID", ""), body=body
            )
            self._answer_taken({"ErrorCode": 0, "Message": "OK", "MessageID": taken, "To": body["To"]})

    def _answer_taken(self, body: dict[str, Any]) -> None:
        """Answer what was taken, unless a fault comes between."""
        time.sleep(self.provider.faults.hang)
        if self.provider.use_up("drop_after_body"):
            self.close_connection = True
        elif self.provider.use_up("error_after_taking"):
            self._answer(500, {"error": {"code": 131000, "message": "Something went wrong"}})
        else:
            self._answer(200, body)

    def _refuse(self, status: int, code: int, **more: int) -> None:
        error = {"message": f"(#{code}) {MESSAGES.get(code, '')}", "type": "OAuthException", "code": code}
        headers = self._pause() if status == 429 else {}
        self._answer(status, {"error": {**error, **more, "fbtrace_id": "A1"}}, headers)

    def _pause(self) -> dict[str, str]:
        seconds = self.provider.faults.retry_after
        return {"Retry-After": str(seconds)} if seconds else {}

    def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except OSError:  # the sender was killed, or has given up
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


def _problem(body: dict[str, Any], to: str, faults: Faults) -> int:
    """Return the code with which the API refuses a message, or 0."""
    match body:
        case {
            "messaging_product": "whatsapp",
            "type": "template",
            "template": {"name": name, "language": {"code": "en" | "ta"}, "components": components},
        }:
            if name not in TEMPLATES:
                return 132001
            filled = sum(len(component["parameters"]) for component in components)
            return 0 if filled == TEMPLATES[name] else 132000
        case {"messaging_product": "whatsapp", "type": "text", "text": {"body": str(text)}} if text:
            is_open = faults.open_windows is None or to in faults.open_windows
            return 0 if is_open else 131047
    return 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    provider = FakeProvider(port=options.port, log=options.log).start()
    sys.stdout.write(f"{provider.address}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
