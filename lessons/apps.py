from django.apps import AppConfig


class LessonsConfig(AppConfig):
    name = "lessons"
    verbose_name = "Lessons"

    def ready(self) -> None:
        from lessons import receivers  # noqa: F401 - connects them
        from lessons.grading import checks  # noqa: F401 - registers them
