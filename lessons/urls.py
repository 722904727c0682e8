from django.urls import path

from lessons.views import reading

app_name = "lessons"

LESSON = "courses/<slug:course>/<slug:module>/<slug:lesson>/"

urlpatterns = [
    path(LESSON, reading.read, name="read"),
    path(f"{LESSON}done/", reading.done, name="done"),
    path(f"{LESSON}undo/", reading.undo, name="undo"),
    path(f"{LESSON}place/", reading.place, name="place"),
]
