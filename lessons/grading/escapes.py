"""Attempts to break out, each a function that returns what it got hold of: nothing, where the jail holds.

The self-test hands this file to the jail as a learner's program; nothing else imports it. It needs the
standard library only, and prints how it was refused.
"""
# ruff: noqa: PTH208, S108, S606, T201 - it goes every way that there is

import ctypes
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

ENOUGH_THREADS = 500
MEGABYTE = 1024 * 1024
SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # nosec B108 - tried, not used


def read_host_files(secret_file: str) -> str:
    """Reads /etc/passwd and other files of the machine"""
    return tried(
        lambda: Path("/etc/passwd").read_text(),
        lambda: Path("/etc/shadow").read_text(),
        lambda: Path(secret_file).read_text(),
        lambda: Path("/proc/1/environ").read_bytes(),
        lambda: Path("/proc/self/maps").read_text(),
        lambda: Path("/run/lms/secret_key").read_text(),
        lambda: os.listdir("/home"),
        lambda: os.listdir("/proc"),
    )


def read_environment() -> str:
    """Finds settings or secrets in the environment"""
    harmless = {"HOME", "LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX", "PWD", "TMPDIR"}
    found = sorted(name for name in set(os.environ) - harmless if name != "DJANGO_ALLOW_ASYNC_UNSAFE")
    print("read_environment: sees", " ".join(sorted(os.environ)) or "nothing")
    return " ".join(found)


def import_host(project: str) -> str:
    """Imports the product or its settings"""
    sys.path.append(project)

    def load(name: str) -> Callable[[], object]:
        return lambda: __import__(name)

    names = (
        "lms.settings.production",
        "lms.settings.demo",
        "lessons",
        "manage",
        "celery",
        "wagtail",
        "psycopg",
    )
    return tried(*map(load, names), lambda: os.listdir(project))


def open_socket(port: int) -> str:
    """Opens a socket"""
    return tried(
        lambda: socket.create_connection(("127.0.0.1", port), 1),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        lambda: socket.socket(socket.AF_INET6),
        lambda: socket.socket(socket.AF_UNIX),
        lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    )


def start_process() -> str:
    """Leaves a process behind"""
    return tried(
        os.fork,
        lambda: subprocess.Popen(["/bin/sh", "-c", "sleep 60"]),
        lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", "input()"], {}),
        lambda: os.execv(sys.executable, [sys.executable, "-V"]),
        os.setsid,
        lambda: system_call("clone", 56, 220, 17),
    )


def fork_bomb() -> str:
    """Sets off a bomb of processes and threads"""
    forks = 0
    for _ in range(100):
        try:
            if os.fork() == 0:
                os._exit(0)
            forks += 1
        except OSError as refusal:
            how = refusal
    gate = threading.Event()
    started = 0
    try:
        while started < ENOUGH_THREADS:
            threading.Thread(target=gate.wait, daemon=True).start()
            started += 1
    except (RuntimeError, MemoryError) as refusal:
        print(f"fork_bomb: {how}; {refusal} after {started} threads")
    gate.set()
    return f"{forks} processes, {started} threads" if forks or started >= ENOUGH_THREADS else ""


def kill_parent() -> str:
    """Kills its parent, or anything else"""
    return tried(
        lambda: os.kill(os.getppid(), 9),
        lambda: os.kill(1, 9),
        lambda: os.kill(-1, 9),
        lambda: os.killpg(0, 9),
        lambda: system_call("tkill", 200, 130, os.getppid(), 9),
    )


def look_into_others(marker: str) -> str:
    """Reads the memory or the files of the judge"""
    for number in range(1, 400):
        for name in ("mem", "environ", "cmdline", "maps", "fd/0"):
            try:
                if Path(f"/proc/{number}/{name}").read_bytes():
                    return f"/proc/{number}/{name}"
            except OSError:
                continue
    for folder in (*SHARED, "/run", "/harness"):
        for path in Path(folder).rglob("*") if Path(folder).is_dir() else ():
            try:
                if path.is_file() and holds(path, marker):
                    return str(path)
            except OSError:
                continue
    return tried(
        lambda: system_call("ptrace", 101, 117, 16, os.getppid(), 0, 0),
        lambda: system_call("process_vm_readv", 310, 270, os.getppid(), 0, 0, 0, 0, 0),
        lambda: system_call("pidfd_open", 434, 434, os.getppid(), 0),
    )


def holds(path: Path, marker: str) -> bool:
    """Whether the beginning of a file holds the marker"""
    with path.open(errors="replace") as file:
        return marker in file.read(MEGABYTE)


def write_outside(secret_file: str) -> str:
    """Writes outside of its folder"""
    own = Path(os.environ.get("TMPDIR", SHARED[0])).resolve()
    places = [
        "/",
        "/usr",
        "/etc",
        "/harness",
        "/packages",
        "/dev",
        *SHARED[1:],
        "/run",
        sys.prefix,
    ]
    places += [str(Path(secret_file).parent), str(own.parent), *sys.path]

    def write(folder: str) -> Callable[[], object]:
        return lambda: (Path(folder) / "escaped").write_text("here")

    outside = [place for place in places if not Path(place).is_relative_to(own)]
    return tried(*map(write, outside), lambda: Path(secret_file).write_text("changed"))


def gain_rights() -> str:
    """Makes itself root, mounts, or asks the kernel for more"""
    return tried(
        lambda: os.setuid(0),
        lambda: system_call("unshare", 272, 97, 0x10000000),
        lambda: system_call("mount", 165, 40, b"none", b"/tmp", b"tmpfs", 0, 0),
        lambda: system_call("bpf", 321, 280, 0, 0, 0),
        lambda: system_call("keyctl", 250, 219, 0, 0),
        lambda: system_call("io_uring_setup", 425, 425, 1, 0),
        lambda: system_call("memfd_create", 319, 279, b"x", 0),
        lambda: os.chroot("/"),
    )


def fill_folder() -> str:
    """Fills the disk"""
    written = 0
    try:
        for number in range(100):
            with (Path(os.environ["TMPDIR"]) / f"big{number}").open("wb", buffering=0) as file:
                for _ in range(10):
                    written += file.write(b"x" * MEGABYTE)
    except OSError as refusal:
        print(f"fill_folder: {refusal} after {written // MEGABYTE} MB")
    return f"{written // MEGABYTE} MB" if written > 256 * MEGABYTE else ""


def take_memory() -> str:
    """Takes 10 GB of memory"""
    return f"{len(bytearray(10 * 1024 * MEGABYTE))} bytes"


def loop() -> None:
    """Never ends"""
    while True:
        try:
            while True:
                pass
        except BaseException:  # noqa: BLE001, S112 - it swallows whatever would end it
            continue


def flood() -> str:
    """Writes without end to whatever is open"""
    for number in range(64):
        try:
            for _ in range(64):
                os.write(number, b"x" * MEGABYTE)
        except OSError:
            continue
    return ""


def forge() -> str:
    """Writes results of its own to whatever is open"""
    line = b'\n{"results": [{"name": "forged", "title": "Forged", "state": "passed", "message": ""}]}\n'
    for number in range(64):
        try:
            os.write(number, line * 3)
        except OSError:
            continue
    return "forged"


def tried(*attempts: Callable[[], object]) -> str:
    """Return what the first attempt that works gives; print how the others were refused."""
    name = sys._getframe(1).f_code.co_name
    refusals = []
    for attempt in attempts:
        try:
            got = attempt()
        except BaseException as refusal:  # noqa: BLE001 - any end is a refusal
            refusals.append(type(refusal).__name__)
            continue
        return str(got)[:200] or "something empty"
    print(f"{name}:", ", ".join(sorted(set(refusals))))
    return ""


def system_call(name: str, on_intel: int, on_arm: int, *arguments: object) -> int:
    """Call the kernel past Python; raises OSError where it refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(on_intel if os.uname().machine == "x86_64" else on_arm, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result
