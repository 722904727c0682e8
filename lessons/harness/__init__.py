"""Runs a learner's program and the checks on it: the same code in the page and on the server.

It needs Python's standard library only, no threads and no sockets, because in the page it runs inside
WebAssembly. `handle` takes and gives what JSON can carry.
"""

from .console import set_console
from .expecting import CheckFailed, expect
from .session import handle, tell_place

__all__ = ["CheckFailed", "expect", "handle", "set_console", "tell_place"]
