"""Landlock: a process gives up every file but those it names, and can't get them back."""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION, PATH_BENEATH = 1, 1

WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
ON_A_FILE = 1 << 0 | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15
MAKE_DEVICES_AND_SOCKETS = 1 << 6 | 1 << 9 | 1 << 11
FILES_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many kinds of access to files each version of Landlock knows."""
TCP_SINCE, BIND_AND_CONNECT = 4, 0b11
SCOPES_SINCE, SOCKETS_AND_SIGNALS = 6, 0b11

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the kernel's version of Landlock, 0 where there is none."""
    return max(0, _libc.syscall(CREATE_RULESET, None, 0, VERSION))


def restrict(*, readable: Iterable[str], devices: Iterable[str], writable: Iterable[str]) -> None:
    """Leave this process what is named, files and folders with all below; raises OSError where that fails."""
    known = version()
    everything = (1 << FILES_BY_VERSION.get(known, 16)) - 1
    rules = struct.pack(
        "QQQ",
        everything,
        BIND_AND_CONNECT if known >= TCP_SINCE else 0,
        SOCKETS_AND_SIGNALS if known >= SCOPES_SINCE else 0,
    )
    size = 24 if known >= SCOPES_SINCE else 16 if known >= TCP_SINCE else 8
    ruleset = _call(CREATE_RULESET, ctypes.c_char_p(rules), ctypes.c_size_t(size), 0)
    try:
        for path in readable:
            _add(ruleset, path, READ_FILE | READ_FOLDER)
        for path in devices:
            _add(ruleset, path, READ_FILE | WRITE_FILE)
        for path in writable:
            _add(ruleset, path, everything & ~MAKE_DEVICES_AND_SOCKETS & ~1)
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _add(ruleset: int, path: str, access: int) -> None:
    if not Path(path).exists():
        return
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            access &= ON_A_FILE
        rule = struct.pack("=Qi", access, place)
        _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result
