"""`load_demo` fills an empty database once, and never treads on what is there."""

from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings
from wagtail.models import Page, Revision, Site

from accounts.models import User
from content.demo import PASSWORD, PEOPLE
from content.site import first_monday
from courses.models import CataloguePage, Cohort, CoursePage, HomePage, InstituteSettings, StandardPage
from enrollment.models import Enrollment, Lead, LeadEvent, Person, SequenceRun, Submission
from lessons.models import Attempt, LessonPage, Progress
from outbox.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_short_demo")]

TABLES = (
    Page, Revision, User, EmailAddress, Cohort, Lead, LeadEvent, Person, Submission, Enrollment,
    Progress, Message,
)  # fmt: skip


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in TABLES}


def test_first_run_makes_the_site() -> None:
    call_command("load_demo")
    home = HomePage.objects.get()
    site = Site.objects.get()
    assert (site.hostname, site.port, site.is_default_site, site.root_page_id) == (
        "localhost",
        80,
        True,
        home.pk,
    )
    assert (home.headline, home.headline_mark, home.course.slug) == (
        "One idea,", "two frameworks.", "python-full-stack",
    )  # fmt: skip
    assert len(home.lead.split()) <= 25
    assert len(home.jobs) == 8
    assert all(len(job.value[side]) <= 60 for job in home.jobs for side in ("django", "flask"))
    assert home.jobs[0].value["page"].specific == LessonPage.objects.get(slug="urls-and-views")
    assert CataloguePage.objects.get().slug == "courses"
    assert StandardPage.objects.live().filter(slug="placement").exists()
    institute = InstituteSettings.for_site(site)
    assert (institute.name, str(institute.phone)) == ("Osiz Labs", "+919500481067")
    assert institute.hours_text == "Monday to Saturday, 10:00 to 18:30"
    assert Cohort.objects.upcoming().filter(course__slug="python-full-stack").count() == 3
    assert LessonPage.objects.live().filter(is_free=True).count() >= 2
    assert not Page.objects.filter(title__startswith="Welcome").exists()
    assert not Lead.objects.exists()


def test_second_run_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_demo", "--accounts")
    before = counts()
    capsys.readouterr()
    call_command("load_demo", "--accounts")
    assert counts() == before
    assert "new pictures" not in capsys.readouterr().out


def test_verbosity_of_zero_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_demo", verbosity=0)
    assert capsys.readouterr().out == ""


def test_work_of_the_cms_is_kept() -> None:
    call_command("load_demo")
    home, page = HomePage.objects.get(), StandardPage.objects.get(slug="placement")
    home.headline = "Two ideas,"
    home.save_revision().publish()
    page.intro = "Ours."
    page.save_revision().publish()
    InstituteSettings.objects.update(name="Another house")
    Cohort.objects.update(seats=3)
    call_command("load_demo")
    assert HomePage.objects.get().headline == "Two ideas,"
    assert StandardPage.objects.get(slug="placement").intro == "Ours."
    assert InstituteSettings.objects.get().name == "Another house"
    assert set(Cohort.objects.values_list("seats", flat=True)) == {3}


def test_site_made_by_hand_keeps_its_home_page(site: Site) -> None:
    home = HomePage.objects.get()
    call_command("load_demo")
    assert HomePage.objects.get() == home
    assert Site.objects.get().root_page_id == home.pk
    assert (
        CoursePage.objects.get(slug="python-full-stack").get_parent().specific == CataloguePage.objects.get()
    )


def test_page_that_replaced_the_welcome_is_kept() -> None:
    Page.objects.filter(depth=2).update(title="Our page")
    call_command("load_demo")
    assert Page.objects.filter(depth=2, title="Our page").exists()
    assert Site.objects.get().root_page.title == "Our page"


def test_if_empty_leaves_a_filled_database(site: Site) -> None:
    before = counts()
    call_command("load_demo", "--if-empty")
    assert counts() == before


def test_accounts_can_sign_in_and_have_their_roles() -> None:
    call_command("load_demo", "--accounts")
    for email in PEOPLE:
        user = authenticate(None, email=email, password=PASSWORD)
        assert user is not None, email
        assert EmailAddress.objects.get(user=user).verified
        assert EmailAddress.objects.get(user=user).primary
    named = {user.email.partition("@")[0]: user for user in User.objects.filter(email__in=PEOPLE)}
    assert named["admin"].is_superuser
    assert named["author"].has_perm("wagtailadmin.access_admin")
    assert named["admissions"].has_perm("enrollment.work_lead")
    assert not named["author"].has_perm("enrollment.view_lead")
    assert not named["student"].has_perm("wagtailadmin.access_admin")


def test_student_is_under_way() -> None:
    call_command("load_demo", "--accounts")
    student = User.objects.get(email="student@example.com")
    assert Enrollment.objects.get(learner=student).course.slug == "python-full-stack"
    done = Progress.objects.filter(learner=student).done().order_by("done_at")
    assert [progress.rule for progress in done] == ["read", "checks"]
    attempt = Attempt.objects.get(learner=student)
    assert (attempt.lesson_id, attempt.state, attempt.score) == (done[1].lesson_id, "passed", 100)
    assert attempt.submitted_at < attempt.decided_at == done[1].done_at
    assert all(result["title"] for result in attempt.result["results"])
    assert Progress.objects.filter(learner=student, done_at__isnull=True).count() == 1
    assert not Message.objects.filter(to=student.email).exists()


def test_accounts_that_exist_keep_their_password() -> None:
    user = User.objects.create_user("admin@example.com", "chosen-by-somebody", name="Somebody")
    call_command("load_demo", "--accounts")
    user.refresh_from_db()
    assert user.check_password("chosen-by-somebody")
    assert not user.is_superuser


def test_accounts_are_refused_outside_the_demo(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="under demo settings only"):
        call_command("load_demo", "--accounts")
    assert not User.objects.exists()
    assert not HomePage.objects.exists()


def test_leads_have_believable_histories() -> None:
    call_command("load_demo", "--accounts")
    leads = list(Lead.objects.all())
    assert 38 <= len(leads) <= 45
    assert {lead.stage_id for lead in leads} == set(Lead.Stage.values)
    assert {lead.interest for lead in leads} == set(Lead.Interest.values)
    assert Lead.objects.late().count() >= 3
    assert Lead.objects.filter(owner=None).count() >= 3
    for lead in leads:
        times = list(lead.events.order_by("created_at").values_list("created_at", flat=True))
        assert times[0] == lead.created_at == lead.person.created_at
        assert times[-1] <= timezone.now()
        assert (lead.answered_at is None) == (lead.stage_id == Lead.Stage.NEW)
        acknowledgement = lead.events.filter(kind="message").order_by("created_at").first().message
        assert (acknowledgement.state, acknowledgement.to) == ("sent", lead.email)
        assert lead.reference in acknowledgement.subject + acknowledgement.text
        assert Submission.objects.get(lead=lead).received_at == lead.created_at
    enrolled = [lead for lead in leads if lead.stage_id == Lead.Stage.ENROLLED]
    assert all(lead.person.user.enrollments.exists() for lead in enrolled)


def test_nothing_of_the_demo_waits_to_be_sent_but_follow_ups() -> None:
    call_command("load_demo", "--accounts")
    waiting = Message.objects.exclude(state=Message.State.SENT)
    assert set(waiting.values_list("keeper", flat=True)) == {"followup"}


@pytest.mark.parametrize(
    ("today", "ahead", "monday"),
    [
        (date(2026, 11, 23), 1, date(2026, 12, 7)),
        (date(2026, 11, 23), 2, date(2027, 1, 4)),
        (date(2026, 10, 31), 8, date(2027, 6, 7)),
        (date(2027, 1, 31), 1, date(2027, 2, 1)),
    ],
)
def test_first_monday_of_a_month_ahead(today: date, ahead: int, monday: date) -> None:
    assert first_monday(today, ahead) == monday


def test_demo_password_is_long_enough_for_the_real_rules() -> None:
    assert len(PASSWORD) >= 12
    assert django_settings.DEMO


def test_the_demo_follows_up_last_weeks_people_and_a_second_load_enters_nobody_again() -> None:
    call_command("load_demo", "--accounts")

    runs = SequenceRun.objects.active()
    first = set(runs.values_list("entry_key", flat=True))
    assert runs.filter(sequence__slug="enquiry", message__isnull=False).count() >= 3
    assert runs.filter(sequence__slug="waiting-list").exists()

    call_command("load_demo", "--accounts")

    assert set(SequenceRun.objects.values_list("entry_key", flat=True)) == first
