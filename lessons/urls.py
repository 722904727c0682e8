from django.urls import path

from lessons.views import offline, output, quizzes, reading, study, work

app_name = "lessons"

LESSON = "courses/<slug:course>/<slug:module>/<slug:lesson>/"

urlpatterns = [
    path("courses/<slug:course>/<slug:module>/offline.json", offline.plan, name="offline"),
    path(LESSON, reading.read, name="read"),
    path(f"{LESSON}done/", reading.done, name="done"),
    path(f"{LESSON}undo/", reading.undo, name="undo"),
    path(f"{LESSON}place/", reading.place, name="place"),
    path(f"{LESSON}output/", output.output, name="output"),
    path(f"{LESSON}quiz/<slug:block>/start/", quizzes.start, name="quiz-start"),
    path(f"{LESSON}quiz/<slug:block>/answer/", quizzes.answer, name="quiz-answer"),
    path(f"{LESSON}quiz/<slug:block>/finish/", quizzes.finish, name="quiz-finish"),
    path(f"{LESSON}work/<str:block>/", work.history, name="history"),
    path(f"{LESSON}work/<str:block>/<int:number>/", work.attempt, name="attempt"),
    path(f"{LESSON}work/<str:block>/draft/", work.draft, name="draft"),
    path(f"{LESSON}work/<str:block>/submit/", work.submit, name="submit"),
    path(f"{LESSON}note/", study.note, name="note"),
    path(f"{LESSON}bookmark/", study.bookmark, name="bookmark"),
    path(f"{LESSON}seen/", study.seen, name="seen"),
]
