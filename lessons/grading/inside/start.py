"""The first Python in a jail: gives up rights, says so, and hands over to the harness."""

import ctypes
import importlib
import json
import mimetypes
import os
import resource
import site
import sys
from typing import Any

from . import landlock, seccomp

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, SIGKILL = 1, 4, 38, 9
CAPABILITIES_VERSION = 0x20080522
MEGABYTE = 1024 * 1024


def main() -> None:
    """Confine this process as its one argument says, then be the subject or the judge."""
    orders: dict[str, Any] = json.loads(sys.argv.pop())
    folder = orders["folder"]
    os.chdir(folder or "/")
    confine(orders)
    site.setquit()
    mimetypes.knownfiles.clear()  # the machine's own lists are out of reach
    part = importlib.import_module(f"harness.{orders['role']}")
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    part.main()


def confine(orders: dict[str, Any]) -> None:
    """Give up what the orders don't leave; raises OSError where a lock can't be put on."""
    libc = ctypes.CDLL(None, use_errno=True)
    set_limits(orders)
    if uid := orders["uid"]:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    drop_capabilities(libc)
    for option, value in (
        (PR_SET_PDEATHSIG, SIGKILL),
        (PR_SET_DUMPABLE, 0),
        (PR_SET_NO_NEW_PRIVS, 1),
    ):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), f"prctl {option}")
    if orders["landlock"] or landlock.version():
        landlock.restrict(
            readable=orders["readable"],
            devices=orders["devices"],
            writable=[orders["folder"]] if orders["folder"] else [],
        )
    seccomp.install()


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up what bubblewrap left to become somebody else with."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


def set_limits(orders: dict[str, Any]) -> None:
    """Limit memory, processor time, files and processes; none of it can be raised again."""
    memory, seconds = orders["memory_mb"] * MEGABYTE, orders["cpu_seconds"]
    largest_file = orders["folder_mb"] * MEGABYTE
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_FSIZE, largest_file, largest_file),
        (resource.RLIMIT_NPROC, orders["processes"], orders["processes"]),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_NICE, 0, 0),
        (resource.RLIMIT_RTPRIO, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
