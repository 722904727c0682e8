"""Editing cohorts."""

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from wagtail.snippets.views.snippets import EditView

from courses.models import Cohort
from enrollment.admin.forms import CohortForm, too_few_seats


class CohortEditView(EditView):
    """Edits a cohort; a seat taken between the check and the writing is told at the field."""

    def form_valid(self, form: CohortForm) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            now = Cohort.objects.get(pk=self.object.pk)
            if form.cleaned_data["seats"] >= now.seats_taken:
                raise
            form.add_error("seats", too_few_seats(now))
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)
