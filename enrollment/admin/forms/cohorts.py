"""The form of a cohort."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from courses.models import Cohort, CoursePage
from enrollment.models import Enrollment


class CohortForm(WagtailAdminModelForm):
    """A cohort as staff edit it; the seats taken are the enrolment service's alone."""

    def clean_course(self) -> CoursePage:
        course = self.cleaned_data["course"]
        others = Enrollment.objects.filter(cohort=self.instance.pk).exclude(course=course)
        if self.instance.pk and others.exists():
            raise forms.ValidationError(
                _("Learners are or were enrolled in this cohort, so its course stays. Make another cohort.")
            )
        return course

    def clean_seats(self) -> int:
        seats = self.cleaned_data["seats"]
        now = Cohort.objects.filter(pk=self.instance.pk).first()
        if now and seats < now.seats_taken:
            raise too_few_seats(now)
        return seats

    def save(self, commit: bool = True) -> Cohort:
        """Write the edited fields alone, so that a seat taken meanwhile stays taken."""
        if not commit or self.instance._state.adding:
            return super().save(commit=commit)
        cohort = super().save(commit=False)
        cohort.save(update_fields=list(self._meta.fields))
        return cohort


def too_few_seats(cohort: Cohort) -> forms.ValidationError:
    """Say how many seats are taken."""
    return forms.ValidationError(
        _("%(taken)d seats are taken. Enter %(taken)d or more.") % {"taken": cohort.seats_taken}
    )
