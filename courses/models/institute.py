"""What the site says about the institute, edited in the CMS under Settings."""

from datetime import time
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from phonenumber_field.modelfields import PhoneNumberField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.models import Orderable, Site

from courses.calendar import WorkingCalendar

WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@register_setting(icon="home")
class InstituteSettings(ClusterableModel, BaseSiteSetting):
    """Name, contact details, opening hours and the promise to answer, one row a site."""

    name = models.CharField(_("name"), max_length=80, default="Academy")
    tagline = models.CharField(_("tagline"), max_length=160, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    whatsapp = PhoneNumberField(_("WhatsApp number"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.TextField(_("address"), blank=True)
    monday = models.BooleanField(_("Monday"), default=True)
    tuesday = models.BooleanField(_("Tuesday"), default=True)
    wednesday = models.BooleanField(_("Wednesday"), default=True)
    thursday = models.BooleanField(_("Thursday"), default=True)
    friday = models.BooleanField(_("Friday"), default=True)
    saturday = models.BooleanField(_("Saturday"), default=True)
    sunday = models.BooleanField(_("Sunday"), default=False)
    opens_at = models.TimeField(_("opens at"), default=time(10, 0))
    closes_at = models.TimeField(_("closes at"), default=time(18, 0))
    answer_within_hours = models.PositiveSmallIntegerField(
        _("answer within (working hours)"),
        default=4,
        help_text=_("Every enquiry is promised an answer within this working time."),
    )
    offer_hours = models.PositiveSmallIntegerField(
        _("a freed seat is kept for (hours)"),
        default=48,
        db_default=48,
        help_text=_("How long the next person on a waiting list may think about it."),
    )
    erase_after_days = models.PositiveSmallIntegerField(
        _("personal data is purged after (days)"),
        default=365,
        db_default=365,
        help_text=_(
            "Erased people are hidden at once; what the law makes you keep is purged after this time."
        ),
    )
    forget_posts_after_days = models.PositiveSmallIntegerField(
        _("spam and refused posts are emptied after (days)"),
        default=30,
        db_default=30,
        help_text=_("Until then somebody can still make a lead of one; then only its count is left."),
    )
    follow_up_from = models.TimeField(
        _("follow-ups leave from"),
        default=time(10, 0),
        db_default=time(10, 0),
        help_text=_("By the clock where the person is. SMS never leave between 21:00 and 10:00."),
    )
    follow_up_until = models.TimeField(
        _("follow-ups leave until"), default=time(20, 0), db_default=time(20, 0)
    )
    follow_ups_a_day = models.PositiveSmallIntegerField(
        _("follow-ups a person gets a day"),
        default=2,
        db_default=2,
        help_text=_("At most, over all sequences and channels; what is more waits for the next day."),
    )

    panels: ClassVar = [
        MultiFieldPanel(
            [
                FieldPanel("name"),
                FieldPanel("tagline"),
                FieldPanel("phone"),
                FieldPanel("whatsapp"),
                FieldPanel("email"),
                FieldPanel("address"),
            ],
            heading=_("Institute"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel(day) for day in WEEKDAYS]),
                FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at")]),
                FieldPanel("answer_within_hours"),
            ],
            heading=_("Opening hours"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("offer_hours"),
                FieldPanel("erase_after_days"),
                FieldPanel("forget_posts_after_days"),
            ],
            heading=_("Admissions"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("follow_up_from"), FieldPanel("follow_up_until")]),
                FieldPanel("follow_ups_a_day"),
            ],
            heading=_("Follow-ups"),
        ),
        InlinePanel("holidays", heading=_("Holidays"), label=_("Holiday")),
    ]

    class Meta:
        verbose_name = _("institute")

    def clean(self) -> None:
        super().clean()
        if self.opens_at and self.closes_at and self.opens_at >= self.closes_at:
            raise ValidationError({"closes_at": _("Closing time must be after opening time.")})
        if self.follow_up_from and self.follow_up_until and self.follow_up_from >= self.follow_up_until:
            raise ValidationError({"follow_up_until": _("The end must be after the beginning.")})

    @classmethod
    def current(cls) -> "InstituteSettings":
        """Return the facts of the default site, else of the first one; without a site, unsaved defaults."""
        site = Site.objects.order_by("-is_default_site", "pk").first()
        return cls.for_site(site) if site else cls()

    @property
    def working_weekdays(self) -> set[int]:
        """The working days, Monday is 0."""
        return {number for number, day in enumerate(WEEKDAYS) if getattr(self, day)}

    @property
    def hours_text(self) -> str:
        """The opening hours in words, such as "Monday to Saturday, 10:00 to 18:00"."""
        names = [
            str(self._meta.get_field(WEEKDAYS[number]).verbose_name)
            for number in sorted(self.working_weekdays)
        ]
        numbers = sorted(self.working_weekdays)
        if not names:
            return ""
        run = numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) > 2
        days = (
            _("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]} if run else ", ".join(names)
        )
        return _("%(days)s, %(opens)s to %(closes)s") % {
            "days": days,
            "opens": f"{self.opens_at:%H:%M}",
            "closes": f"{self.closes_at:%H:%M}",
        }

    def calendar(self) -> WorkingCalendar:
        """Return the working calendar; one query for the holidays."""
        return WorkingCalendar(
            weekdays=self.working_weekdays,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            holidays=set(self.holidays.values_list("date", flat=True)),
            zone=timezone.get_default_timezone(),
        )


class Holiday(Orderable):
    """A day on which the institute is closed."""

    institute = ParentalKey(InstituteSettings, on_delete=models.CASCADE, related_name="holidays")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=80)

    panels: ClassVar = [FieldRowPanel([FieldPanel("date"), FieldPanel("name")])]

    class Meta(Orderable.Meta):
        constraints = [models.UniqueConstraint(fields=["institute", "date"], name="holiday_once_a_day")]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"
