from django.urls import path

from lessons.admin import views

app_name = "lessons_admin"

urlpatterns = [
    path("<int:lesson_id>/run/", views.run, name="run"),
    path("publish/<int:revision_id>/", views.override, name="publish-anyway"),
]
