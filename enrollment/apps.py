from django.apps import AppConfig


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = "Admissions"

    def ready(self) -> None:
        from enrollment import receivers  # noqa: F401
