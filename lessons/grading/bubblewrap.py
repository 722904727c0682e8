"""Jails made by bubblewrap: namespaces of their own, with nothing inside but Python and the harness."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from . import materials
from .jail import Jail, Role
from .jobs import EngineName, GraderUnavailable, Limits

FOLDER = "/tmp"  # noqa: S108  # nosec B108 - the jail's own
PROCESSES = 32
SPARE_UIDS = range(1_900_000_000, 2_000_000_000)
"""Users that no machine has; one for each jail, so that root's jails don't share a count of processes."""
JUDGE_SECONDS = 20
INSTALL_HINT = (
    "bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)"
)


class Bubblewrap:
    """Makes jails on a machine that lets this process have namespaces."""

    name: EngineName = "bubblewrap"

    def open(self, role: Role, limits: Limits) -> Jail:
        """Start a jail; it says {"ready": true} once it has given up its rights."""
        program = shutil.which("bwrap")
        if not program:
            raise GraderUnavailable(INSTALL_HINT)
        report, writer = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603
                [program, *self.arguments(role, limits, report_to=writer), "--", *command(role, limits)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[writer],
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            os.close(report)
            raise GraderUnavailable(f"bubblewrap can't be started: {error}") from error
        finally:
            os.close(writer)
        return Jail(process, report=report)

    def arguments(self, role: Role, limits: Limits, *, report_to: int) -> list[str]:
        """What is in the jail. Everything is read-only but the subject's own folder, which is in memory."""
        options = [*namespaces(), "--json-status-fd", str(report_to)]
        if role == "subject":
            options += ["--perms", "1777", "--size", str(limits.folder_mb * 1024 * 1024), "--tmpfs", FOLDER]
            options += ["--setenv", "TMPDIR", FOLDER, "--setenv", "HOME", FOLDER]
        return [*options, *fixed_files(), "--remount-ro", "/", "--chdir", "/"]


def is_installed() -> bool:
    return shutil.which("bwrap") is not None


def is_root() -> bool:
    return os.geteuid() == 0


def namespaces() -> list[str]:
    """Nothing shared and no rights; root keeps two until it has become somebody else inside."""
    options = [
        "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--cap-drop", "ALL", "--clearenv", "--die-with-parent", "--new-session", "--as-pid-1",
        "--hostname", "lesson", "--setenv", "LANG", "C.UTF-8", "--setenv", "MALLOC_ARENA_MAX", "1",
    ]  # fmt: skip
    if is_root():
        return [*options, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*options, "--unshare-user", "--uid", "65534", "--gid", "65534"]


@cache
def fixed_files() -> tuple[str, ...]:
    """The same in every jail: Python, the packages of the lessons, the harness, two devices."""
    options = [*open_folders()]
    for path in materials.python_paths():
        options += ["--ro-bind", path, path]
    for folder in ("/lib", "/lib64"):
        if Path(folder).is_symlink():
            options += ["--symlink", str(Path(folder).readlink()), folder]
    if library := materials.python_library():
        options += ["--setenv", "LD_LIBRARY_PATH", str(library.parent)]
    for name, path in materials.package_paths().items():
        options += ["--ro-bind", path, f"/packages/{name}"]
    options += ["--ro-bind", str(materials.HARNESS), "/harness/harness"]
    options += ["--ro-bind", str(materials.INSIDE), "/harness/inside"]
    for device in materials.DEVICES:
        options += ["--dev-bind", device, device]
    return tuple(options)


def open_folders() -> Iterator[str]:
    """The folders above what is bound: left to bubblewrap they'd be closed to others where a home is."""
    bound = (*materials.python_paths(), *materials.DEVICES, "/harness/harness", "/packages/flask")
    above = {str(folder) for path in bound for folder in Path(path).parents}
    for folder in sorted(above - {"/", FOLDER}):
        yield from ("--perms", "0755", "--dir", folder)


def command(role: Role, limits: Limits) -> list[str]:
    """The Python inside: isolated from the environment, its paths given here."""
    readable = [*materials.python_paths(), "/packages", "/harness"]
    return python_command(
        ["/harness", "/packages"],
        orders(
            role, limits, folder=FOLDER if role == "subject" else "", readable=readable,
            uid=secrets.choice(SPARE_UIDS) if is_root() else 0, processes=PROCESSES, landlock=False,
        ),
    )  # fmt: skip


def orders(
    role: Role,
    limits: Limits,
    *,
    folder: str,
    readable: list[str],
    uid: int,
    processes: int,
    landlock: bool,
) -> dict[str, object]:
    """What `inside.start` is told to give up, and what to leave."""
    return {
        "role": role,
        "folder": folder,
        "readable": readable,
        "devices": materials.DEVICES,
        "uid": uid,
        "processes": processes,
        "landlock": landlock,
        "memory_mb": limits.memory_mb,
        "folder_mb": limits.folder_mb,
        "cpu_seconds": int(limits.seconds) + 5 if role == "subject" else JUDGE_SECONDS,
    }


def python_command(search_path: list[str], told: dict[str, object]) -> list[str]:
    boot = f"import sys; sys.path += {search_path!r}; from inside.start import main; main()"
    return [materials.interpreter(), "-I", "-S", "-B", "-X", "utf8", "-c", boot, json.dumps(told)]
