"""The processes of one stack: PostgreSQL, Redis, the sink, workers and beat, each as production starts it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CELERY = [sys.executable, "-m", "celery"]
WORKER = [
    "worker",
    "--pool=prefork",
    "--concurrency=2",
    "--without-gossip",
    "--without-mingle",
    "--loglevel=INFO",
]


class NotSo(Exception):
    """What the suite waited for did not come about; the text says what."""


def wait_until(what: str, look: Callable[[], object], *, seconds: float, every: float = 0.1) -> float:
    """Look until it is so and return the seconds that it took; raises NotSo."""
    begun = time.monotonic()
    while not look():
        if time.monotonic() - begun > seconds:
            raise NotSo(f"{what}: not after {seconds:.0f} s")
        time.sleep(every)
    return time.monotonic() - begun


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Process:
    """One started program in a process group of its own, with its output in a file."""

    def __init__(
        self, name: str, command: list[str], *, folder: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {"LOG_LEVEL": "INFO"} | (environment or {}),
                stdin=subprocess.PIPE if name == "sink" else subprocess.DEVNULL,
                stdout=subprocess.PIPE if name == "sink" else output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def children(self) -> list[int]:
        """Return the processes that this one has forked."""
        with contextlib.suppress(OSError):
            return [
                int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            ]
        return []

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """End it and everything that it started, as the end of a container does; no chance to clean up."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def kill_alone(self) -> None:
        """End the process only; what it has forked stays behind as orphans."""
        self.process.kill()
        self.process.wait()


# PostgreSQL ---------------------------------------------------------------------------------------


class Postgres:
    """A cluster of its own, with the durability that PostgreSQL has by default."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        newest = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.bin = newest

    @property
    def url(self) -> str:
        return f"postgres://lms@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        self.data.mkdir(mode=0o700, parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres", "postgres")
        self._run(
            "initdb", "--username=lms", "--auth=trust", "--encoding=UTF8", "--no-sync", quiet=True
        )  # fmt: skip

    def copy_of(self, template: Path) -> None:
        """Make the data folder out of that of a stopped cluster."""
        subprocess.run(["cp", "--archive", str(template), str(self.data)], check=True)

    def start(self, **settings: str) -> None:
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "track_commit_timestamp": "on",
            "max_connections": "60",
        } | settings
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={self.data}/log", f"--options={options}")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "stop", "--wait", "--silent", f"--mode={mode}")

    def restart_immediately(self) -> None:
        """Restart without a shutdown: every connection breaks, and the log is recovered as after a crash."""
        self.stop("immediate")
        self.start()

    def _run(self, program: str, *arguments: str, quiet: bool = False) -> None:
        command = [str(self.bin / program), f"--pgdata={self.data}", *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
        subprocess.run(
            command, check=True, cwd=self.data, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
        )  # fmt: skip


# Redis --------------------------------------------------------------------------------------------


class Redis:
    """As in production: nothing is kept over a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder),
            "--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru",
        ]  # fmt: skip
        self.process = Process("redis", command, folder=self.folder)
        wait_until("Redis answers", lambda: answers(self.port), seconds=20)

    def stop(self) -> None:
        assert self.process
        self.process.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def flush(self) -> None:
        self._say("FLUSHALL")

    def _say(self, command: str) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            answer = connection.recv(100)
        if not answer.startswith(b"+"):
            raise NotSo(f"Redis answered {answer!r} to {command}")


# The sink -----------------------------------------------------------------------------------------


class Sink:
    """The mail server in a process of its own, and what it wrote down."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.deliveries = folder / "deliveries"
        self.deliveries.touch()
        script = str(Path(__file__).with_name("sink.py"))
        self.process = Process(
            "sink", [sys.executable, script, str(self.port), str(self.deliveries)], folder=folder
        )
        self._answered()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def tell(self, command: str) -> None:
        """Change how it behaves; see tests/faults/stack/sink.py."""
        assert self.process.process.stdin
        self.process.process.stdin.write(f"{command}\n".encode())
        self.process.process.stdin.flush()
        self._answered()

    def _answered(self) -> None:
        assert self.process.process.stdout
        if self.process.process.stdout.readline() != b"ok\n":
            raise NotSo("The sink did not answer.")

    def read(self) -> list[tuple[float, str, str]]:
        """Return what arrived: when, with which Message-ID, for whom."""
        lines = self.deliveries.read_text().splitlines()
        found = (line.split(" ") for line in lines)
        return [(float(at), message_id, address) for at, message_id, address in found]


# The product --------------------------------------------------------------------------------------


class Workers:
    """The workers of a stack; one that is killed is started again, as an orchestrator does."""

    def __init__(self, folder: Path, *, app: str = "lms", environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.app = app
        self.environment = environment or {}
        self.processes: list[Process] = []
        self.ended_by_themselves = 0

    def start(self, count: int = 1) -> None:
        for _ in range(count):
            name = f"worker{time.monotonic_ns()}"
            command = [*CELERY, f"--app={self.app}", *WORKER, f"--hostname={name}@%h"]
            self.processes.append(Process(name, command, folder=self.folder, environment=self.environment))

    def wait_until_ready(self, *, first: int | None = None) -> None:
        for worker in self.processes[:first]:
            wait_until(
                f"{worker.name} is ready", lambda at=worker: b" ready." in at.log.read_bytes(), seconds=60
            )

    def supervise(self) -> None:
        """Start again what ends by itself, as compose does (restart: unless-stopped); never returns."""
        while True:
            for worker in [each for each in self.processes if not each.is_alive()]:
                self.replace(worker)
                self.ended_by_themselves += 1
            time.sleep(0.5)

    def children(self) -> list[int]:
        return [child for worker in self.processes for child in worker.children()]

    def replace(self, worker: Process, *, alone: bool = False) -> None:
        """Kill one and start another in its place."""
        self.processes.remove(worker)
        worker.kill_alone() if alone else worker.kill()
        self.start()

    def kill_all(self) -> None:
        while self.processes:
            self.processes.pop().kill()


class Beat:
    """The scheduler as production starts it."""

    def __init__(self, folder: Path, *, app: str = "lms", environment: dict[str, str] | None = None) -> None:
        schedule = folder / f"beat-schedule-{time.monotonic_ns()}"
        self.command = [
            *CELERY, f"--app={app}", "beat", f"--schedule={schedule}", "--pidfile=", "--loglevel=INFO",
            "--", "beat.sync_every=1",
        ]  # fmt: skip
        self.folder = folder
        self.environment = environment
        self.start()

    def start(self) -> None:
        """Start it with the schedule file that it had before."""
        self.process = Process("beat", self.command, folder=self.folder, environment=self.environment)

    def kill(self) -> None:
        self.process.kill()


def kill_each(processes: Iterable[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
