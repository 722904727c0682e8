"""Ends what the suite started once the suite is gone, however it went: Ctrl-C, an error or kill -9.

A process of its own, in a session of its own: it reads a pipe whose other end only the suite holds. When that
closes it ends every process that works in the suite's folder or carries its mark, then removes the folder.
Standard library only.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

MARK = "FAULT_SUITE"
"""Name in the environment of every process of the suite; the value is the suite's folder."""


def processes_of(folder: str) -> list[int]:
    """Return the processes that carry the suite's mark or work in its folder, except this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            marked = f"{MARK}={folder}".encode() in (entry / "environ").read_bytes().split(b"\0")
            inside = str((entry / "cwd").readlink()).startswith(folder)
        except OSError:
            continue
        if marked or inside:
            found.append(int(entry.name))
    return found


def end_all(folder: str) -> None:
    """Ask PostgreSQL to quit, so that it gives its shared memory back; force everything else."""
    for number in (signal.SIGQUIT, signal.SIGKILL, signal.SIGKILL):
        for process in processes_of(folder):
            gently = number == signal.SIGQUIT
            if gently and not _is_postgres(process):
                continue
            try:
                os.kill(process, number)
            except OSError:
                continue
        time.sleep(0.5)


def _is_postgres(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip() == "postgres"
    except OSError:
        return False


def main() -> None:
    folder = sys.argv[1]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_all(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
