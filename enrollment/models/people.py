"""People who asked, and how they can be reached."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Person(models.Model):
    """Somebody who got in touch; linked to an account once there is one."""

    class Language(models.TextChoices):
        """What the person likes to read."""

        ENGLISH = "en", _("English")
        TAMIL = "ta", _("Tamil")

    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(
        _("language"), max_length=2, choices=Language, default=Language.ENGLISH, db_default=Language.ENGLISH
    )
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True, db_default="")
    """Where the person is, such as Asia/Dubai; empty for the institute's own."""
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="person",
    )
    under_18 = models.BooleanField(_("under 18"), default=False, db_default=False)
    guardian_name = models.CharField(_("guardian's name"), max_length=120, blank=True, db_default="")
    guardian_contact = models.CharField(
        _("guardian's phone or e-mail"), max_length=254, blank=True, db_default=""
    )
    compared_at = models.DateTimeField(_("looked for duplicates at"), null=True, blank=True)
    restricted_at = models.DateTimeField(_("restricted at"), null=True, blank=True)
    """Since when the record is shown to nobody at the desk and worked by nothing."""
    purge_on = models.DateField(_("to be purged on"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name_plural = _("people")
        indexes: ClassVar = [
            models.Index(fields=["name", "id"], name="person_name"),
            models.Index(fields=["id"], condition=Q(compared_at__isnull=True), name="person_to_compare"),
            models.Index(
                fields=["purge_on"],
                condition=Q(purge_on__isnull=False, erased_at__isnull=True),
                name="person_to_purge",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(restricted_at__isnull=False),
                name="person_restricted_before_erased",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def guardian_in_words(self) -> str:
        """That the person is under 18 and who speaks for them, in one line; "" for everybody else."""
        if not self.under_18:
            return ""
        return ", ".join(filter(None, [gettext("Under 18"), self.guardian_name, self.guardian_contact]))


class ContactPoint(models.Model):
    """A way to reach a person. Several people may share one phone: families do."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.CharField(_("address or E.164 number"), max_length=254)
    as_typed = models.CharField(_("as typed"), max_length=254)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "kind", "value"], name="contact_point_once_a_person")
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "value"], name="contact_point_value")]

    def __str__(self) -> str:
        return self.as_typed
