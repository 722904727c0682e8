"""Production: every secret and address comes from the environment, nothing has a default."""

from lms import env
from lms.settings.base import *  # noqa: F403
from lms.settings.base import SILENCED_SYSTEM_CHECKS, SITE_URL, TRUSTED_PROXY_COUNT

DEMO = False
SECRET_KEY = env.text("SECRET_KEY")
if len(SECRET_KEY) < 50:
    env.stop("SECRET_KEY is shorter than 50 characters.")
env.text("DATABASE_URL")
env.text("EMAIL_URL")
env.text("DEFAULT_FROM_EMAIL")
env.web_address("SITE_URL")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    env.stop("ALLOWED_HOSTS must name the hosts that are answered; * is not one.")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [SITE_URL])

_https = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.flag("HSTS_WHOLE_DOMAIN", default=False)
"""Whether HSTS binds every subdomain too and may be preloaded; hard to take back, so asked for by name."""
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W005", "security.W021"]
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = False
