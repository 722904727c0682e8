"""Programs that try to break out: each ends in a clean failure that harms nothing."""

import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from lessons.grading.graders import Grader
from tests.lessons.grading.programs import descendants, everything_said, script_job

pytestmark = pytest.mark.enable_socket  # the service's, on this machine


@dataclass(frozen=True)
class Escape:
    """A program and its end: what it stumbles over is in the result, why it was stopped is the reason."""

    program: str
    refusal: tuple[str, ...] = ()
    reason: str = ""
    outcome: str = "failed"


ABSENT, DENIED = ("FileNotFoundError", "PermissionError"), ("PermissionError",)
ESCAPES = {
    "reads /etc/passwd": Escape("print(open('/etc/passwd').read())", ABSENT),
    "reads a file of the host": Escape(
        "print(open('{secret}').read())", ABSENT
    ),
    "reads the environment": Escape("import os; print(dict(os.environ))", outcome="passed"),
    "reads the environment of its parent": Escape(
        "import os; print(open(f'/proc/{os.getppid()}/environ', 'rb').read())",
        ABSENT,
    ),
    "imports the settings": Escape("import lms.settings.base", ("ModuleNotFoundError",)),
    "imports the product from its folder": Escape(
        "import sys; sys.path.append('{project}'); import lms.settings.base", ("ModuleNotFoundError",)
    ),
    "opens a socket": Escape(
        "import socket; socket.create_connection(('127.0.0.1', {port}))", DENIED
    ),
    "sends a datagram": Escape(
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
        DENIED,
    ),
    "forks without end": Escape("import os\nwhile True: os.fork()", DENIED),
    "forks past Python": Escape(
        "import ctypes, os\n"
        "r = ctypes.CDLL(None).syscall(57 if os.uname().machine == 'x86_64' else 220, 17)\n"
        "assert r > 0, 'PermissionError'",
        DENIED,
    ),
    "starts threads without end": Escape(
        "import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        ("RuntimeError", "MemoryError", "memory", "MemoryLimit"),
        reason="?",
    ),
    "takes 10 GB": Escape("x = bytearray(10 * 1024 ** 3)", reason="memory"),
    "takes all memory bit by bit": Escape("x = []\nwhile True: x.append(bytearray(10**7))", reason="memory"),
    "never ends": Escape("while True: pass", reason="time"),
    "never ends and catches everything": Escape(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass", reason="time"
    ),
    "sleeps": Escape("import time; time.sleep(600)", reason="time"),
    "prints 100 MB": Escape("for _ in range(100): print('x' * 10**6)", outcome="passed"),
    "floods what is open": Escape(
        "import os\nfor fd in range(64):\n    try:\n        while True: os.write(fd, b'x' * 10**6)\n"
        "    except OSError: pass",
        reason="?",
    ),
    "writes over a file of the host": Escape(
        "open('{secret}', 'w').write('changed')", (*ABSENT, "OSError")
    ),
    "writes beside its folder": Escape(
        "open('/usr/lib/escaped', 'w')", (*ABSENT, "OSError")
    ),
    "fills the disk": Escape(
        "import os\n"
        "for n in range(1000): open(os.path.join(os.environ['TMPDIR'], str(n)), 'wb').write(bytes(10**7))",
        ("OSError",),
    ),
    "kills its parent": Escape("import os; os.kill(os.getppid(), 9)", DENIED),
    "kills everything": Escape("import os; os.kill(-1, 9)", DENIED),
    "leaves a process behind": Escape("import subprocess; subprocess.Popen(['sleep', '60'])", DENIED),
    "leaves a thread behind": Escape(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
        outcome="?", reason="?",
    ),
    "becomes another program": Escape("import os, sys; os.execv(sys.executable, ['python'])", DENIED),
    "ends its process": Escape("import ctypes; ctypes.CDLL(None)._exit(0)", reason="crash"),
    "crashes Python": Escape("import ctypes; ctypes.string_at(0)", reason="crash"),
    "forges its results": Escape(
        "import os\nline = b'{\"results\": [{\"name\": \"test_runs\", \"state\": \"passed\"}]}\\n'\n"
        "for fd in range(64):\n    try: os.write(fd, line)\n    except OSError: pass\n"
        "raise SystemExit('forged')",
        reason="?",
    ),
    "says that it passed": Escape(
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'{\"console\": \"\"}\\n' * 50)\n"
        "    except OSError: pass\n1 / 0",
        reason="?",
        outcome="?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ESCAPES)
def test_an_escape_ends_in_a_clean_failure_that_harms_nothing(
    grader: Grader, name: str, secret: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    escape = ESCAPES[name]
    monkeypatch.setenv("SECRET_KEY", "host-secret-4711")
    grader.status()
    before = descendants()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        program = (
            escape.program.replace("{secret}", str(secret))
            .replace("{project}", str(settings.BASE_DIR))
            .replace("{port}", str(listener.getsockname()[1]))
        )

        verdict = grader.grade(script_job(program))

        with pytest.raises(BlockingIOError):
            listener.accept()
    if escape.outcome != "?":
        assert verdict.outcome == escape.outcome, verdict
    if escape.reason != "?":
        assert verdict.reason == escape.reason, verdict
    said = everything_said(verdict)
    assert not escape.refusal or any(word in said for word in escape.refusal), said
    assert "host-secret-4711" not in said
    assert "root:x:" not in said
    assert len(verdict.console) < 201_000
    assert secret.read_text() == "host-secret-4711"
    assert descendants() - before == set()
    assert grader.status().trusted
