from django.apps import AppConfig
from django.db.models.signals import post_migrate


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = "Admissions"

    def ready(self) -> None:
        from enrollment import receivers  # noqa: F401
        from enrollment.pipeline import fill_after_migrating

        post_migrate.connect(fill_after_migrating, sender=self, dispatch_uid="enrollment.pipeline")
