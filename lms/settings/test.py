"""The test suite: the same product, with a fast hasher and nothing that leaves the process."""

import os
from pathlib import Path
from tempfile import gettempdir

from lms import channels
from lms.settings.base import *  # noqa: F403
from lms.settings.base import CACHES, DATABASES, REDIS_URL, VAR_DIR

DEMO = True
SECRET_KEY = "tests-only-" + "not-a-secret-" * 4
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
SITE_URL = "http://testserver"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {**MAILERS, "delivery": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
OUTBOX_WAYS = {**OUTBOX_WAYS, **channels.files(Path(gettempdir()) / "lms-test-messages")}
EMAIL_PROVIDER = "postmark"
ANYMAIL = {"WEBHOOK_SECRET": "provider:not-a-secret-at-all"}
WHATSAPP_PHONE_ID = "1055"
WHATSAPP_APP_SECRET = "tests-only-" + "app-secret"
WHATSAPP_VERIFY_TOKEN = "tests-only-" + "verify-token"
SMS_WEBHOOK_SECRET = "tests-only-" + "sms-secret"
DEFAULT_FROM_EMAIL = "Osiz Labs admissions <admissions@example.com>"
MEDIA_ROOT = Path(gettempdir()) / "lms-test-media"
PRIVATE_ROOT = Path(gettempdir()) / "lms-test-private"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STAFF_SECOND_FACTOR_REQUIRED = False
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
_MASKED = {"django.request": {"filters": ["masked_paths"]}}
LOGGING = {**LOGGING, "root": {"handlers": [], "level": "WARNING"}, "loggers": _MASKED}

if REDIS_URL:
    # One Redis database for each parallel test process: clearing the cache empties the whole database.
    _process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 15 + 1
    CACHES["default"]["LOCATION"] = f"{REDIS_URL.rpartition('/')[0]}/{_process}"
else:
    CACHES = {**CACHES, "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
