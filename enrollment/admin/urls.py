"""Addresses of the desk's own screens under /cms/leads/; each view says who may open it."""

from django.urls import URLPattern

app_name = "desk"

urlpatterns: list[URLPattern] = []
