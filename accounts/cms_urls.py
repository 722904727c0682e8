"""Doors into the CMS that stand before Wagtail's own, so that nobody signs in past the second factor."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts import views

urlpatterns = [
    path("login/", views.cms_entrance, name="cms_entrance"),
    re_path(r"^password_reset/", RedirectView.as_view(pattern_name="account_reset_password")),
    path("account/", views.cms_account, name="cms_account"),
]
