"""What is known about a person when a follow-up is planned and leaves; read only where it is asked for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import User
from courses import wall_clock
from courses.calendar import WorkingCalendar
from courses.models import Cohort, CoursePage, InstituteSettings
from enrollment.models import ContactPoint, Enrollment, Lead, SequenceRun
from lessons.models import LessonPage, Progress
from lessons.models.progress import ProgressQuerySet
from outbox.models import Channel


class Institute:
    """The institute and its working time, read once for many people."""

    @cached_property
    def settings(self) -> InstituteSettings:
        """What the site says of it; two queries."""
        return InstituteSettings.current()

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """When it is open; one query for the holidays."""
        return self.settings.calendar()


@dataclass
class Facts:
    """One lead in one sequence at one moment; each fact costs its query when it is first asked for."""

    lead: Lead
    enrollment: Enrollment | None
    entered_cohort: Cohort | None
    """The group that made them enter: the one they wait for, or that started soon."""
    at: datetime
    institute: Institute = field(default_factory=Institute)

    @cached_property
    def learner(self) -> User | None:
        """The account that takes the course, else the person's own."""
        return self.enrollment.learner if self.enrollment else self.lead.person.user

    @property
    def course(self) -> CoursePage | None:
        """The course that they take, wait for or asked about."""
        if self.enrollment:
            return self.enrollment.course
        return self.entered_cohort.course if self.entered_cohort else self.lead.course

    @cached_property
    def cohort(self) -> Cohort | None:
        """The learner's group of today, the one that they wait for, else the next of the course."""
        if self.enrollment and self.enrollment.cohort:
            return self.enrollment.cohort
        if self.entered_cohort or self.enrollment or self.course is None:
            return self.entered_cohort
        return Cohort.objects.upcoming().filter(course=self.course).first()

    @property
    def days_to_start(self) -> int | None:
        """Days until the group starts, negative afterwards; None without a group."""
        return (self.cohort.starts_on - wall_clock.local(self.at).date()).days if self.cohort else None

    @property
    def has_account(self) -> bool:
        """Whether they have ever signed in."""
        return self.learner is not None and self.learner.last_login is not None

    @cached_property
    def has_done_a_lesson(self) -> bool:
        """Whether a lesson of the course is done, or of any course for somebody who takes none."""
        return self.learner is not None and self._progress.done().exists()

    @cached_property
    def last_active_at(self) -> datetime | None:
        """When the learner was last in a lesson or could first have been; None without a place. One query."""
        if self.enrollment is None:
            return None
        moments = [self.enrollment.created_at]
        if self.enrollment.cohort:
            moments.append(wall_clock.midnight(self.enrollment.cohort.starts_on))
        if last := self._progress.aggregate(last=Max("visited_at"))["last"]:
            moments.append(last)
        return max(moments)

    @property
    def days_inactive(self) -> int | None:
        """For how many whole days no lesson was opened, 0 before the group starts; None without a place."""
        if self.last_active_at is None:
            return None
        return max(0, (self.at - self.last_active_at) // timedelta(days=1))

    @cached_property
    def next_lesson(self) -> LessonPage | None:
        """The lesson that the learner goes on with: the last one if unfinished, else the next; one query."""
        if self.learner is None or self.course is None or self.enrollment is None:
            return None
        mine = Progress.objects.filter(learner=self.learner)
        lessons = LessonPage.objects.published().filter(path__startswith=self.course.path)
        return lessons.exclude(pk__in=mine.done().values("lesson")).order_by("path").first()

    def address(self, channel: str) -> str:
        """Return where they are written to on a channel, or an empty string; one query for all channels."""
        if channel == Channel.EMAIL and self.learner is not None:
            return self.learner.email
        kind = ContactPoint.Kind.EMAIL if channel == Channel.EMAIL else ContactPoint.Kind.PHONE
        return next((value for of_kind, value in self._points if of_kind == kind), "")

    def addresses(self) -> list[tuple[str, str]]:
        """Return every way to reach them as channel and address; no query more than `address` costs."""
        known = [(Channel.EMAIL, self.learner.email)] if self.learner else []
        for kind, value in self._points:
            channels = [Channel.EMAIL] if kind == ContactPoint.Kind.EMAIL else [Channel.WHATSAPP, Channel.SMS]
            known += [(channel, value) for channel in channels]
        return [(str(channel), value) for channel, value in known]

    @cached_property
    def _points(self) -> list[tuple[str, str]]:
        return list(self.lead.person.contact_points.order_by("pk").values_list("kind", "value"))

    @property
    def _progress(self) -> ProgressQuerySet:
        of_course = Q(lesson__path__startswith=self.course.path) if self.course else Q()
        return Progress.objects.filter(of_course, learner=self.learner)


def facts_of(run: SequenceRun, *, at: datetime | None = None, institute: Institute | None = None) -> Facts:
    """Return the facts of a run now, or at another moment."""
    return Facts(
        lead=run.lead,
        enrollment=run.enrollment,
        entered_cohort=run.cohort,
        at=at or timezone.now(),
        institute=institute or Institute(),
    )


def facts_of_lead(lead: Lead, *, at: datetime | None = None) -> Facts:
    """Return what a sequence would know of a lead now: about its newest open enrolment, if there is one."""
    enrollment = lead.enrollments.open().select_related("course", "cohort", "learner").order_by("-pk").first()
    return Facts(lead=lead, enrollment=enrollment, entered_cohort=None, at=at or timezone.now())
