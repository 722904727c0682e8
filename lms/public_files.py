"""Headers of the files that the site serves from `public/`; docker/nginx.conf gives the same ones.

Code of lessons runs in `worker.mjs` and shows its pages in `pane.html`. Neither inherits the policy of the
lesson's page, so each has one of its own, which names this version's folder and nothing else of the site.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

RUNTIME_FILE = re.compile(r"(?P<base>/runtime/[0-9a-f]{12}/)(?P<name>[^/]+)")
FOR_EVER = "public, max-age=31536000, immutable"
WORKER_POLICY = (
    "default-src 'none'; script-src {base} 'wasm-unsafe-eval'; connect-src {base}; worker-src 'none'; "
    "frame-ancestors 'none'"
)
PANE_POLICY = (
    "sandbox allow-scripts allow-forms; default-src 'none'; script-src {base}pane.js; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
SERVICE_WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"


class PublicFileHeaders:
    """Set the policies and the time of keeping; runs outside WhiteNoise and inside Django's CSP."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in {200, 206, 304}:
            if request.path == "/sw.js":
                response["Cache-Control"] = "no-cache"
                response["Content-Security-Policy"] = SERVICE_WORKER_POLICY
            elif found := RUNTIME_FILE.fullmatch(request.path):
                response["Cache-Control"] = FOR_EVER
                set_policy(response, found["name"], base=request.build_absolute_uri(found["base"]))
        return response


def set_policy(response: HttpResponse, name: str, *, base: str) -> None:
    """Give the worker and the browser's frame what they may do; `base` is the address of their folder."""
    if name == "worker.mjs":
        response["Content-Security-Policy"] = WORKER_POLICY.format(base=base)
    elif name == "pane.html":
        response["Content-Security-Policy"] = PANE_POLICY.format(base=base)
    elif name == "pane.js":
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
