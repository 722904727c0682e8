"""The site around the courses, from `site.yaml`: home page, catalogue, institute, cohorts."""

from datetime import date, timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_time
from wagtail.models import Page, Site

from content import frontmatter
from content.frontmatter import FrontMatter
from content.streams import raw_entries
from content.sync import PageSync, Report, Wanted
from courses.models import CataloguePage, Cohort, CoursePage, HomePage, InstituteSettings
from courses.models.institute import WEEKDAYS
from lessons.models import LessonPage

JOB_FIELDS = ("job", "django", "flask", "lesson")
COHORT_FIELDS = ("course", "months_ahead", "mode", "seats")
TEXT_SETTINGS = ("name", "tagline", "phone", "whatsapp", "email", "address")
HOME_SLUG = "front-page"
"""Never seen in an address; "home" is what Wagtail's welcome page has."""
UNTOUCHED_NAME = "Academy"
"""The institute's name before anybody has set one."""


def read_site(path: Path) -> FrontMatter:
    """Return the content of a site file."""
    return frontmatter.read_yaml(path.read_text(encoding="utf-8"), str(path))


@transaction.atomic
def prepare_site(site_file: FrontMatter, *, force: bool = False) -> Report:
    """Make sure of the home page, the catalogue, the site and the facts about the institute."""
    home = HomePage.objects.first()
    report = Report()
    if home is None:
        wanted = _home(site_file, with_links=False)
        home = PageSync([wanted]).place(wanted, Page.get_first_root_node())
        _take_over_the_site(home, name=site_file.section("institute").text("name"))
    catalogue = _catalogue(site_file)
    if not CataloguePage.objects.exclude(translation_key=catalogue.key).exists():
        sync = PageSync([catalogue], force=force)
        sync.place(catalogue, home)
        report = sync.report
    _set_up_institute(site_file)
    return report


@transaction.atomic
def finish_site(site_file: FrontMatter, *, force: bool = False) -> Report:
    """Link the home page to the course and its lessons, and plan the first groups."""
    wanted = _home(site_file, with_links=True)
    sync = PageSync([wanted], force=force)
    if not HomePage.objects.exclude(translation_key=wanted.key).exists():
        sync.place(wanted, Page.get_first_root_node())
    _plan_cohorts(site_file)
    return sync.report


def _take_over_the_site(home: Page, *, name: str) -> None:
    """Serve the home page where there is no site yet, or one that shows Wagtail's own welcome."""
    welcome = _untouched_welcome_page()
    site = Site.objects.filter(is_default_site=True).first()
    if site is None or (welcome and site.root_page_id == welcome.pk):
        site = site or Site(is_default_site=True)
        site.hostname, site.port, site.site_name, site.root_page = "localhost", 80, name, home
        site.save()
    if welcome and not Site.objects.filter(root_page=welcome).exists():
        welcome.delete()


def _untouched_welcome_page() -> Page | None:
    """Return the page that Wagtail's first migration makes, if nobody has done anything with it."""
    return (
        Page.objects.filter(
            depth=2, slug="home", title__startswith="Welcome to your new Wagtail site",
            numchild=0, latest_revision__isnull=True, content_type__model="page",
        ).first()
    )  # fmt: skip


def _home(site_file: FrontMatter, *, with_links: bool) -> Wanted:
    head = site_file.section("home")
    course = CoursePage.objects.filter(slug=head.text("course", "")).first() if with_links else None
    jobs = [
        {name: text for name, text in job.items() if name != "lesson"}
        | {"page": _lesson_key(course, job["lesson"])}
        for job in head.entries("jobs", JOB_FIELDS)
    ]
    key = head.uuid("id")
    return Wanted(
        model=HomePage,
        key=key,
        slug=HOME_SLUG,
        values={
            "title": head.text("title"),
            "headline": head.text("headline"),
            "headline_mark": head.text("headline_mark", ""),
            "lead": head.text("lead"),
            "search_description": head.text("search_description", ""),
            "course_id": course.pk if course else None,
            "jobs": raw_entries("job", jobs, key),
            "steps": raw_entries("step", head.entries("steps", ("title", "text")), key),
        },
        path=site_file.path,
        lines=head.lines,
    )


def _lesson_key(course: CoursePage | None, path: str) -> int | None:
    """Return the key of a lesson given as `module/lesson`, or None while there is no such lesson."""
    if course is None or not path:
        return None
    found = LessonPage.objects.filter(url_path=f"{course.url_path}{path}/").first()
    return found.pk if found else None


def _catalogue(site_file: FrontMatter) -> Wanted:
    head = site_file.section("catalogue")
    return Wanted(
        model=CataloguePage,
        key=head.uuid("id"),
        slug=head.text("slug", "courses"),
        values={"title": head.text("title"), "intro": head.text("intro", "")},
        path=site_file.path,
        lines=head.lines,
    )


def _set_up_institute(site_file: FrontMatter) -> None:
    """Fill in the facts about the institute unless somebody already has, or there is no site."""
    institute = InstituteSettings.current()
    if not institute.pk or institute.name != UNTOUCHED_NAME:
        return
    head = site_file.section("institute")
    for name in TEXT_SETTINGS:
        setattr(institute, name, head.text(name, ""))
    for name, usual in (("opens_at", "10:00"), ("closes_at", "18:00")):
        setattr(institute, name, parse_time(head.text(name, usual)))
    institute.answer_within_hours = head.number("answer_within_hours", 4)
    closed_on = head.strings("closed_on")
    for day in WEEKDAYS:
        setattr(institute, day, day not in closed_on)
    institute.full_clean(exclude=["site"])
    institute.save()


def _plan_cohorts(site_file: FrontMatter) -> None:
    """Plan the next groups of each course that has none ahead of it."""
    planned: list[Cohort] = []
    busy = set(Cohort.objects.upcoming().values_list("course__slug", flat=True))
    for entry in site_file.entries("cohorts", COHORT_FIELDS):
        course = CoursePage.objects.filter(slug=entry["course"]).first()
        if course and course.slug not in busy:
            starts_on = first_monday(timezone.localdate(), int(entry["months_ahead"]))
            planned.append(
                Cohort(course=course, starts_on=starts_on, mode=entry["mode"], seats=int(entry["seats"]))
            )
    Cohort.objects.bulk_create(planned)


def first_monday(today: date, months_ahead: int) -> date:
    """Return the first Monday of the month that lies this many months ahead."""
    years, month = divmod(today.month - 1 + months_ahead, 12)
    first = date(today.year + years, month + 1, 1)
    return first + timedelta(days=-first.weekday() % 7)
