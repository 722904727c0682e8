from django.urls import path

from lessons import views

app_name = "lessons"

LESSON = "courses/<slug:course>/<slug:module>/<slug:lesson>/"

urlpatterns = [
    path(LESSON, views.read, name="read"),
    path(f"{LESSON}done/", views.done, name="done"),
    path(f"{LESSON}undo/", views.undo, name="undo"),
    path(f"{LESSON}place/", views.place, name="place"),
]
