from django.apps import AppConfig
from django.db.models.signals import post_migrate


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = "Admissions"

    def ready(self) -> None:
        from enrollment import pipeline, receivers, wording  # noqa: F401
        from enrollment.followups import shipped

        for module in (pipeline, wording, shipped):
            post_migrate.connect(module.fill_after_migrating, sender=self, dispatch_uid=module.__name__)
