"""The account page; allauth's own addresses stand beside it under /accounts/."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("sessions/<int:pk>/end/", views.session_end, name="session-end"),
]
