"""Doors of the CMS that stand before Wagtail's own, where those would let in or show too much."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts import views

urlpatterns = [
    path("login/", views.cms_entrance, name="cms_entrance"),
    re_path(r"^password_reset/", RedirectView.as_view(pattern_name="account_reset_password")),
    path("account/", views.cms_account, name="cms_account"),
    path("bulk/<str:app_label>/<str:model_name>/<str:action>/", views.cms_bulk_action),
    path("choose-page/chosen-multiple/", views.cms_pages_chosen),
]
