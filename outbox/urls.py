"""Addresses under /messages/."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from outbox.views import events
from outbox.views.metrics import metrics
from outbox.views.unsubscribe import unsubscribe

app_name = "outbox"

urlpatterns: list[URLPattern | URLResolver] = [
    path("events/whatsapp/", events.whatsapp, name="whatsapp-events"),
    path("events/sms/", events.sms, name="sms-events"),
    path("events/mail/", include(events.mail_addresses(settings.EMAIL_PROVIDER))),
    path("metrics", metrics, name="metrics"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
]
