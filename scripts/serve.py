"""`make run`: the whole product in the foreground — web, worker and beat, each in a process group of its own.

Uses the standard library only, so that it is up at once. Ctrl-C, SIGTERM and a closed terminal end every
process that it started; HOST and PORT choose the address.
"""

import contextlib
import ctypes
import errno
import hashlib
import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve()
LOGS = VAR_DIR / "log"
APPS = ("lms", "accounts", "courses", "lessons", "enrollment", "outbox", "content")
LOCK = ROOT / "requirements" / "run.txt"

HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = os.environ.get("PORT") or "8000"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nosec B104
ASK_AT = EVERYWHERE.get(HOST, HOST)

SECONDS_TO_START = 90
SECONDS_TO_STOP = (
    3  # an idle worker may need longer; killing it is safe, because the outbox is in the database
)

PASSWORD = "learn-both-2026"  # noqa: S105 - the demo's public password
LOGINS = {
    "student": "lessons and progress at /learn/",
    "author": "writes lessons in /cms/",
    "reviewer": "approves and publishes in /cms/",
    "admissions": "leads and enrolments in /cms/",
    "admin": "everything",
}


class Stopped(Exception):
    """Somebody asked for the end: Ctrl-C, SIGTERM or a closed terminal."""


class Failed(Exception):
    """The product can't run; the text is the one line that says why."""


class Child:
    """One started program with everything that it starts in turn: a process group, and its log."""

    def __init__(self, name: str, command: list[str], *, log: bool) -> None:
        self.name = name
        self.log = LOGS / f"{name}.log" if log else None
        if self.log and self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self.log.open("w")) if self.log else None
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads
            )

    def ended(self) -> bool:
        return self.process.poll() is not None

    def signal(self, number: int) -> bool:
        """Signal the whole group; return whether any of it is left."""
        self.process.poll()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-self.process.pid, os.WNOHANG) != (0, 0):
                pass
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log else []
        return "\n".join(f"  {line}" for line in lines[-8:])


# Linux: orphans of a child come to this process, and the children end should it be killed outright --------

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Runs in a new child before its program: SIGTERM comes when the parent is gone."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    if _prctl:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        if "MAKELEVEL" in os.environ:
            die_with_parent()


# Before the start -------------------------------------------------------------------------------------------


def check_port() -> None:
    """Raise Failed when HOST:PORT can't be listened on."""
    if not PORT.isdigit() or not 0 < int(PORT) < 65536:
        raise Failed(f"PORT={PORT} is no port number; use one from 1024 to 65535.")
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(HOST, int(PORT), type=socket.SOCK_STREAM)[
            0
        ]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Failed(f"Port {PORT} is taken. Choose another: PORT={int(PORT) + 1} make run") from None
        if error.errno == errno.EACCES:
            raise Failed(f"Port {PORT} needs more rights. Choose another: PORT=8000 make run") from None
        raise Failed(f"HOST={HOST} is no address of this machine: {error.strerror}.") from None


def fingerprint(files: Iterable[Path], *parts: object) -> str:
    """Digest of the files' names, sizes and times and of anything else that matters; reads no content."""
    digest = hashlib.sha256(repr(parts).encode())
    for file in sorted(files):
        status = file.stat()
        digest.update(f"{file}{status.st_size}{status.st_mtime_ns}".encode())
    return digest.hexdigest()


def database_identity() -> object:
    """What the demo database is and holds, or None where it is another one or not complete."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        return None
    file = VAR_DIR / "demo.sqlite3"
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            migrations = database.execute("SELECT count(*) FROM django_migrations").fetchone()
            accounts = database.execute("SELECT 1 FROM accounts_user LIMIT 1").fetchone()
    except sqlite3.Error:
        return None
    return accounts and (file.stat().st_ino, *migrations)


def code_state() -> str:
    sources = (file for app in APPS for file in (ROOT / app).rglob("*.py"))
    return fingerprint([*sources, LOCK], database_identity())


def static_state() -> str:
    sources = (file for file in (ROOT / "static").rglob("*") if file.is_file())
    return fingerprint([*sources, LOCK, ROOT / "lms" / "settings" / "base.py"])


def is_stamped(name: str, state: str) -> bool:
    stamp = VAR_DIR / f".{name}"
    return stamp.exists() and stamp.read_text() == state


def write_stamp(name: str, state: str) -> None:
    (VAR_DIR / f".{name}").write_text(state)


# The product ------------------------------------------------------------------------------------------------


class Launcher:
    """Starts the children, watches them, and ends them all."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.signals = 0
        self.has_terminal = os.isatty(0)

    def on_signal(self, *_: object) -> None:
        self.signals += 1

    def start(self, name: str, *command: str, log: bool = True) -> Child:
        child = Child(name, [sys.executable, *command], log=log)
        self.children.append(child)
        return child

    def look(self) -> None:
        """Wait a moment; raise Stopped when somebody asked for the end.

        A terminal that closes signals the first process in it only, which may be make: so look at it too.
        """
        if self.signals or (self.has_terminal and not os.isatty(0)):
            raise Stopped
        time.sleep(0.05)

    def finish(self, child: Child) -> None:
        """Wait for a child that does one job; raise Failed unless it succeeds."""
        while not child.ended():
            self.look()
        self.children.remove(child)
        if child.process.returncode:
            raise Failed(f"Stopped: {child.name} failed.\n{child.last_words()}".rstrip())

    def watch(self) -> None:
        for child in self.children:
            if child.ended():
                raise Failed(
                    f"Stopped: {child.name} ended by itself. {show(child.log)} says:\n{child.last_words()}"
                )
        self.look()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not answers():
            if time.monotonic() > deadline:
                raise Failed(f"The web process does not answer; its log is {show(LOGS / 'web.log')}")
            self.watch()

    def stop(self) -> None:
        """End every process group: ask, wait, then force; a second Ctrl-C forces at once."""
        asked = self.signals
        deadline = time.monotonic() + SECONDS_TO_STOP
        left = [child for child in self.children if child.signal(signal.SIGTERM)]
        while left:
            if time.monotonic() > deadline or self.signals > asked:
                left = [child for child in left if child.signal(signal.SIGKILL)]
            else:
                left = [child for child in left if child.signal(0)]
            time.sleep(0.05)

    def prepare(self) -> None:
        """Bring database and static files up to date, side by side; nothing to do costs nothing."""
        static = static_state()
        collecting = preparing = None
        if not is_stamped("collected", static):
            say("Collecting static files")
            collecting = self.start("collectstatic", *COLLECT)
        if database_identity() is None or not is_stamped("prepared", code_state()):
            preparing = self.start("prepare", "scripts/prepare.py", log=False)
        if preparing:
            self.finish(preparing)
            write_stamp("prepared", code_state())
        if collecting:
            self.finish(collecting)
            write_stamp("collected", static)

    def run(self) -> None:
        """Prepare, start, say where, and stay until the end; raises Stopped or Failed."""
        begun = time.monotonic()
        check_port()
        LOGS.mkdir(parents=True, exist_ok=True)
        self.prepare()
        say("Starting web, worker and beat")
        self.start("web", *WEB)
        self.start("worker", *WORKER)
        self.wait_until_ready()
        greet(time.monotonic() - begun)
        while True:
            self.watch()


COLLECT = ("manage.py", "collectstatic", "--noinput", "--verbosity=0")
WEB = (
    "-m", "granian", "lms.wsgi:application", "--interface=wsgi", f"--host={HOST}", f"--port={PORT}",
    "--workers=2", "--blocking-threads=2", "--workers-kill-timeout=2", "--no-ws", "--access-log",
)  # fmt: skip
WORKER = (
    "-m", "celery", "--app=lms", "worker", "--beat", "--scheduler=celery.beat:Scheduler", "--pool=solo",
    "--without-gossip", "--without-mingle", "--loglevel=INFO",
)  # fmt: skip


def answers() -> bool:
    """Return whether the web process serves and reaches its database."""
    connection = http.client.HTTPConnection(ASK_AT, int(PORT), timeout=5)
    try:
        connection.request("GET", "/healthz/ready", headers={"Host": "localhost"})
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()


def site_address() -> str:
    return f"http://{f'[{ASK_AT}]' if ':' in ASK_AT else ASK_AT}:{PORT}"


def show(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def say(text: str) -> None:
    print(text, flush=True)


def greet(seconds: float) -> None:
    say("")
    say(f"  {site_address()}/")
    say(f"  {site_address()}/cms/")
    say("")
    say(f"  Logins, all with the password {PASSWORD}:")
    for name, does in LOGINS.items():
        say(f"    {f'{name}@example.com':<24}{does}")
    say("")
    if note := grading_note():
        say(f"  {note}")
    say(f"  Mail lands in {show(VAR_DIR / 'mail')}/, logs in {show(LOGS)}/")
    say(f"Ready in {seconds:.1f} s. Ctrl-C stops everything.")


def grading_note() -> str:
    """What to say where nothing decides exercises on the server."""
    grader = os.environ.get("GRADER") or "auto"
    if grader == "off":
        return "Results of exercises stay provisional: GRADER=off."
    if not grader.startswith("unix://") and not shutil.which("bwrap"):
        return "Results of exercises stay provisional: bubblewrap is not installed (apt install bubblewrap)."
    return ""


def main() -> int:
    environment = os.environ
    environment.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.demo")
    environment["VAR_DIR"] = str(VAR_DIR)
    environment.setdefault("SITE_URL", site_address())
    environment.setdefault("ALLOWED_HOSTS", ",".join({"127.0.0.1": 1, "localhost": 1, "[::1]": 1, HOST: 1}))
    adopt_orphans()
    launcher = Launcher()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, launcher.on_signal)
    status = 0
    try:
        launcher.run()
    except Stopped:
        with contextlib.suppress(OSError):
            say("\nStopping")
    except Failed as failure:
        print(failure, file=sys.stderr, flush=True)
        status = 1
    finally:
        launcher.stop()
    if not status:
        with contextlib.suppress(OSError):
            say("Stopped: nothing is left running.")
    return status


if __name__ == "__main__":
    sys.exit(main())
