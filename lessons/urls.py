from django.urls import path

from lessons.views import reading, study

app_name = "lessons"

LESSON = "courses/<slug:course>/<slug:module>/<slug:lesson>/"

urlpatterns = [
    path(LESSON, reading.read, name="read"),
    path(f"{LESSON}done/", reading.done, name="done"),
    path(f"{LESSON}undo/", reading.undo, name="undo"),
    path(f"{LESSON}place/", reading.place, name="place"),
    path(f"{LESSON}note/", study.note, name="note"),
    path(f"{LESSON}bookmark/", study.bookmark, name="bookmark"),
    path(f"{LESSON}seen/", study.seen, name="seen"),
]
