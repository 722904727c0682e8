"""Uploaded images and files on a machine without a proxy; nginx serves them in the container stack."""

from posixpath import normpath

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve as serve_file

UPLOAD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Content policy of uploads: an SVG with a script in it shows as a picture and runs nothing."""


@require_safe
def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer with one file below MEDIA_ROOT, or 404; folders are never listed.

    Documents have their own address, which asks who may read them, so they are not here.
    """
    if normpath(path).lstrip("/").partition("/")[0] == "documents":
        raise Http404
    response = serve_file(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Content-Security-Policy"] = UPLOAD_POLICY
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
