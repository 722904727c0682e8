"""Addresses under /messages/."""

from django.urls import URLPattern, path

from outbox.views.metrics import metrics

app_name = "outbox"

urlpatterns: list[URLPattern] = [
    path("metrics", metrics, name="metrics"),
]
