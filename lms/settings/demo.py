"""`make run`: one machine, nothing else installed. Never for the open internet."""

from lms import channels, env
from lms.settings.base import *  # noqa: F403
from lms.settings.base import MIDDLEWARE, OUTBOX_WAYS, VAR_DIR

DEMO = True
"""Whether demo accounts with a known password may be made."""
SECRET_KEY = env.text("SECRET_KEY", "demo-only-" + "not-a-secret-" * 4)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
STAFF_SECOND_FACTOR_REQUIRED = False
MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *MIDDLEWARE]
"""Pages are compressed here, as the proxy does in the container stack."""
OUTBOX_WAYS = channels.files(VAR_DIR / "messages") | OUTBOX_WAYS
"""WhatsApp messages and SMS are files here, unless a provider is configured."""

for _folder in ("broker", "broker-control", "mail", "media", "messages", "static"):
    (VAR_DIR / _folder).mkdir(parents=True, exist_ok=True)
