"""`python -m lessons.grading.service`: grades jobs that come over a Unix socket, in a container of its own.

The container gives what namespaces give elsewhere: no network, no secrets, nothing to write on but the
scratch folders. As many jobs run at the same time as there are scratch folders; the others wait.
"""

import argparse
import ctypes
import json
import logging
import os
import queue
import signal
import socketserver
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .bare import Bare, forget_shelf
from .client import LARGEST_REQUEST, ServiceGrader
from .graders import LocalGrader
from .inside.start import PR_SET_DUMPABLE
from .jobs import GraderUnavailable, job_from_json

log = logging.getLogger(__name__)

SOCKET = "/run/grader/grader.sock"
SECONDS_TO_ASK = 10
SECONDS_TO_WAIT = 60


class Service(socketserver.ThreadingUnixStreamServer):
    """Holds one grader for each scratch folder."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, scratch: list[Path]) -> None:
        self.graders = [LocalGrader(Bare(folder)) for folder in scratch]
        self.free: queue.Queue[LocalGrader] = queue.Queue()
        for grader in self.graders:
            self.free.put(grader)
        path.unlink(missing_ok=True)
        super().__init__(str(path), Conversation)
        path.chmod(0o666)  # nosec B103 - whoever sees the volume may ask

    def answer(self, message: dict[str, Any]) -> Any:
        """Return the answer to one request; raises GraderUnavailable."""
        if message["op"] == "status" and self.graders[0].has_looked:
            return asdict(self.graders[0].status())
        try:
            grader = self.free.get(timeout=SECONDS_TO_WAIT)
        except queue.Empty:
            raise GraderUnavailable("The grader service is busy.") from None
        try:
            return answer(message, grader)
        finally:
            self.free.put(grader)


class Conversation(socketserver.StreamRequestHandler):
    """One request, one answer."""

    server: Service
    timeout = SECONDS_TO_ASK

    def handle(self) -> None:
        try:
            line = self.rfile.readline(LARGEST_REQUEST + 1)
            if len(line) > LARGEST_REQUEST:
                raise GraderUnavailable(f"A request may have {LARGEST_REQUEST:,} bytes.")
            said = {"value": self.server.answer(json.loads(line))}
        except GraderUnavailable as error:
            said = {"unavailable": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            said = {"unavailable": f"A request that can't be read: {error!r}"}
        except OSError as error:
            log.exception("grading: the service failed")
            said = {"unavailable": f"The grader service failed: {error}"}
        self.wfile.write(json.dumps(said).encode() + b"\n")


def answer(message: dict[str, Any], grader: LocalGrader) -> Any:
    """Return the answer of one grader to one request."""
    match message["op"]:
        case "grade":
            return asdict(grader.grade(job_from_json(message["job"])))
        case "run_example":
            return asdict(grader.run_example(message["files"], message["kind"], message["requests"]))
        case "check":
            return [asdict(outcome) for outcome in grader.check()]
        case "status":
            return asdict(grader.status())
        case other:
            raise GraderUnavailable(f"The grader service knows no “{other}”.")


def serve(path: Path, scratch: list[Path]) -> None:
    """Serve until SIGTERM."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    with Service(path, scratch) as service:
        status = service.graders[0].status()
        log.warning("grading: serving at %s, trusted: %s. %s", path, status.trusted, status.reason)
        # shutdown() waits for serve_forever, which this thread is in
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=service.shutdown).start())
        try:
            service.serve_forever(poll_interval=0.2)
        finally:
            path.unlink(missing_ok=True)
            forget_shelf()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=Path, default=Path(SOCKET))
    parser.add_argument("--scratch", type=Path, action="append", default=[])
    parser.add_argument(
        "--is-ready", action="store_true", help="ask the running service; exit 1 unless trusted"
    )
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    if given.is_ready:
        status = ServiceGrader(str(given.socket)).status()
        print(status.reason)  # noqa: T201
        return 0 if status.trusted else 1
    if not given.scratch:
        parser.error("--scratch: name at least one folder")
    if os.geteuid() == 0:
        parser.error("not as root: a jail here has no other user than the service's")
    serve(given.socket, given.scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
