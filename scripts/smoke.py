"""Bring the container stack up, use it, scale it, take it down; a line for each check, exit 1 when one fails.

The stack runs under a project name and a port of its own, with its mail caught by a sink. Where the base
images can't be pulled, OFFLINE_IMAGES names a program that makes them.
"""

import html.parser
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = f"smoke{os.getpid()}"
COMPOSE = [
    "docker", "compose", "--project-name", PROJECT, "--progress", "quiet",
    "--file", "docker-compose.yml", "--file", "docker/smoke/compose.yml",
]  # fmt: skip
JOBS = {"secrets", "migrate"}
SERVERS = {"db", "redis", "web", "worker", "beat", "grader", "proxy"}
begun = time.monotonic()


class Failed(Exception):
    """A check did not hold; the text says which."""


def say(text: str) -> None:
    print(f"{time.monotonic() - begun:6.1f} s  {text}", flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()
SITE = f"http://localhost:{PORT}"
ENVIRONMENT = os.environ | {
    "IMAGE": "facing-pages:smoke",
    "LISTEN": f"127.0.0.1:{PORT}",
    "SITE_URL": SITE,
    "EMAIL_URL": "smtp://sink:2525",
    "LOAD_DEMO": "true",
    "DOCKER_BUILDKIT": "1",
}


def run(*command: str, seconds: int, check: bool = True) -> str:
    """Return what the command prints; Failed with its last lines when it fails or takes too long."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=ENVIRONMENT, timeout=seconds, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except FileNotFoundError:
        raise Failed(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(command)}: not finished after {seconds} s") from None
    if check and done.returncode:
        raise Failed(f"{' '.join(command)}:\n" + "\n".join(done.stdout.splitlines()[-25:]))
    return done.stdout


def compose(*arguments: str, seconds: int = 60) -> str:
    return run(*COMPOSE, *arguments, seconds=seconds)


def wait_for(what: str, seconds: int, look: Callable[[], bool]) -> None:
    """Look every half second until it is so."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not after {seconds} s")
        time.sleep(0.5)
    say(what)


# The stack ----------------------------------------------------------------------------------------


def have_engine() -> None:
    """Make the base images where a program for it is named; else expect an engine that can pull them."""
    if maker := os.environ.get("OFFLINE_IMAGES"):
        run(maker, seconds=400)
    run("docker", "info", seconds=30)
    say("an engine answers")


def containers() -> list[dict]:
    lines = compose("ps", "--all", "--format", "json").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def all_healthy(replicas: dict[str, int]) -> bool:
    """Whether every server runs as often as wished, all of them healthy, and every job has succeeded."""
    found = containers()
    for container in found:
        if container["Service"] in JOBS and container["State"] == "exited" and container["ExitCode"]:
            raise Failed(
                f"{container['Service']} failed:\n{compose('logs', '--no-color', container['Service'])}"
            )
    finished = {item["Service"] for item in found if item["State"] == "exited" and not item["ExitCode"]}
    healthy = [item["Service"] for item in found if item["Health"] == "healthy"]
    return finished >= JOBS and all(healthy.count(name) == replicas.get(name, 1) for name in SERVERS)


def up(**replicas: int) -> None:
    scale = [part for name, count in replicas.items() for part in ("--scale", f"{name}={count}")]
    compose("up", "--detach", "--no-build", "--no-recreate", *scale, seconds=240)


# A visitor ----------------------------------------------------------------------------------------


class HiddenFields(html.parser.HTMLParser):
    """The hidden inputs of a page by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.values[given["name"]] = given.get("value") or ""


class Visitor:
    """A browser without scripts: keeps cookies, follows redirects."""

    def __init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def get(self, path: str, fields: dict[str, str] | None = None) -> tuple[str, str, dict[str, str]]:
        """Return the final address, the page and its headers; with fields it posts them."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(f"{SITE}{path}", data, headers={"Referer": SITE})  # noqa: S310 - http only
        try:
            with self.opener.open(request, timeout=20) as response:
                return response.url, response.read().decode(errors="replace"), dict(response.headers)
        except urllib.error.HTTPError as error:
            raise Failed(
                f"{path} answered {error.code}: {error.read(2000).decode(errors='replace')}"
            ) from None
        except OSError as error:
            raise Failed(f"{path}: {error}") from None

    def headers_of(self, path: str, encoding: str) -> dict[str, str]:
        """Return what comes with a file that is asked for in this encoding."""
        request = urllib.request.Request(  # noqa: S310 - http only
            f"{SITE}{path}", headers={"Accept-Encoding": encoding}, method="HEAD"
        )
        with self.opener.open(request, timeout=20) as response:
            return dict(response.headers)


def enquire() -> None:
    """Send the enquiry form and wait for the acknowledgement at the sink."""
    visitor = Visitor()
    _address, page, _headers = visitor.get("/enquire/")
    email = f"smoke-{secrets.token_hex(4)}@example.com"
    fields = HiddenFields(page).values | {
        "name": "Kavitha R",
        "email": email,
        "phone": "98765 43210",
        "contact_by": "email",
        "message": "When does the next course start?",
    }
    address, _page, _headers = visitor.get("/enquire/", fields)
    if not re.search(r"/enquire/thanks/[^/]+/$", address):
        raise Failed(f"the enquiry did not lead to a thank-you page but to {address}")
    say(f"an enquiry is thanked for: {urllib.parse.urlsplit(address).path}")
    wait_for("its acknowledgement arrived by mail", 60, lambda: email in received_mail())


def received_mail() -> str:
    return compose("exec", "--no-TTY", "sink", "sh", "-c", "cat /mail/*.eml 2>/dev/null || true")


def check_files() -> None:
    """Static files are served compressed and for ever, uploads so that nothing in them runs."""
    visitor = Visitor()
    _address, page, _headers = visitor.get("/")
    found = re.search(r'/static/[^" ]+\.[0-9a-f]{12}\.css', page)
    if not found:
        raise Failed("the home page names no style sheet with a digest in its name")
    _address, _css, headers = visitor.get(found[0])
    expect(headers, "Cache-Control", "immutable")
    say("static files are cached for ever")
    check_runtime(visitor)
    compose(
        "exec",
        "--no-TTY",
        "web",
        "sh",
        "-c",
        "echo '<svg xmlns=\"http://www.w3.org/2000/svg\"/>' >/srv/media/smoke.svg",
    )
    _address, _svg, headers = visitor.get("/media/smoke.svg")
    expect(headers, "Content-Security-Policy", "sandbox")
    expect(headers, "X-Content-Type-Options", "nosniff")
    say("uploads are served in a sandbox")


def check_grader() -> None:
    """Nothing gets out of the container that runs learners' programs, as the worker sees it."""
    said = compose("exec", "--no-TTY", "worker", "python", "manage.py", "check_grader", seconds=120)
    say(said.strip().splitlines()[-1])


def check_runtime(visitor: Visitor) -> None:
    """Python for lessons is served compressed, and what runs learners' code under policies of its own."""
    _address, described, _headers = visitor.get("/runtime/current.json")
    base = json.loads(described)["base"]
    _address, _script, headers = visitor.get(f"{base}worker.mjs")
    expect(headers, "Content-Security-Policy", f"connect-src {SITE}{base}; worker-src 'none'")
    expect(headers, "Content-Type", "text/javascript")
    expect(headers, "Cache-Control", "immutable")
    _address, _page, headers = visitor.get(f"{base}pane.html")
    expect(
        headers,
        "Content-Security-Policy",
        f"sandbox allow-scripts allow-forms; default-src 'none'; script-src {SITE}{base}pane.js;",
    )
    _address, _script, headers = visitor.get(f"{base}pane.js")
    expect(headers, "Cross-Origin-Resource-Policy", "cross-origin")
    for encoding in ("gzip", "br"):
        headers = visitor.headers_of(f"{base}pyodide.asm.wasm", encoding)
        expect(headers, "Content-Type", "application/wasm")
        expect(headers, "Content-Encoding", encoding)
    say("Python for lessons is served compressed, and its worker and its frame under their own policies")


def expect(headers: dict[str, str], name: str, part: str) -> None:
    if part not in headers.get(name, ""):
        raise Failed(f"{name} is “{headers.get(name, '')}”, without “{part}”")


def both_serve() -> bool:
    """Ask a few times, and return whether each of the two web containers has been asked."""
    visitor = Visitor()
    for _ in range(6):
        visitor.get("/courses/")
    logs = [compose("logs", "--no-color", "--index", number, "web") for number in ("1", "2")]
    return all("GET /courses/" in log for log in logs)


def smoke() -> None:
    have_engine()
    compose("build", "secrets", seconds=900)
    say("the image is built")
    up()
    wait_for("every service is healthy", 120, lambda: all_healthy({}))
    enquire()
    check_files()
    check_grader()
    up(web=2, worker=2)
    wait_for(
        "two web and two worker containers are healthy", 120, lambda: all_healthy({"web": 2, "worker": 2})
    )
    wait_for("the proxy asks both web containers", 30, both_serve)
    enquire()


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        smoke()
    except Failed as failure:
        say(f"FAILED: {failure}")
        for line in run(*COMPOSE, "logs", "--no-color", "--tail", "15", seconds=60, check=False).splitlines():
            print(f"          {line}")
        return 1
    finally:
        run(*COMPOSE, "down", "--volumes", "--remove-orphans", "--timeout", "10", seconds=120, check=False)
        say("the stack is taken down")
    say("smoke: everything passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
