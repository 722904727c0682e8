"""The site and the cast: named people with stated rights."""

import os
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from wagtail.models import Site

from accounts.models import User
from accounts.roles import Role, assign_role, sync_roles
from courses.models import CoursePage, ModulePage
from enrollment.models import Enrollment
from lessons.models import LessonPage
from tests.browser import INSTALL_HINT, find_chromium
from tests.factories.accounts import UserFactory
from tests.factories.courses import make_course, make_module, make_site, restore_roots
from tests.factories.lessons import make_lesson

CONTENT = Path(__file__).resolve().parents[1] / "content"


@dataclass(frozen=True)
class SmallCourse:
    """One course: a free lesson, then two locked ones in the same module, with a price."""

    page: CoursePage
    module: ModulePage
    free: LessonPage
    locked: LessonPage
    last: LessonPage


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Give every test the roles, and repair what the last run's transactional tests flushed."""
    with django_db_blocker.unblock():
        restore_roots()
        sync_roles()


@pytest.fixture(scope="session")
def short_content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What comes with the project, its course cut down to its first and its ninth module."""
    folder = tmp_path_factory.mktemp("short") / "content"
    copytree(CONTENT, folder, ignore=ignore_patterns("*.py", "__pycache__"))
    for module in (folder / "python-full-stack").glob("[0-9]*"):
        if module.name not in {"01-first-pages", "09-django-or-flask"}:
            rmtree(module)
    (folder / "python-full-stack" / "glossary.md").unlink(missing_ok=True)
    return folder


@pytest.fixture
def _short_demo(short_content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `load_demo` load the short course: the whole one takes its time, and one test loads it."""
    monkeypatch.setattr("content.management.commands.load_demo.CONTENT", short_content)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _database_on_the_tests_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the outbox's clock, which is the database's, travel through time with the test."""
    monkeypatch.setattr("outbox.clock.database_time", timezone.now)


@pytest.fixture
def site(db: None) -> Site:
    """The public site with its home page and catalogue, and the roles of staff."""
    site = make_site()
    if not Group.objects.exists():  # a transactional test before this one flushed them
        sync_roles()
    return site


@pytest.fixture
def course(site: Site) -> SmallCourse:
    page = make_course(slug="python-full-stack", title="Python full-stack")
    module = make_module(page, slug="first-pages", title="First pages")
    return SmallCourse(
        page=page,
        module=module,
        free=make_lesson(module, slug="why", title="Why a framework", is_free=True),
        locked=make_lesson(module, slug="urls", title="URLs and views"),
        last=make_lesson(module, slug="templates", title="Templates"),
    )


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def learner(course: SmallCourse) -> User:
    """Enrolled in the small course."""
    user = UserFactory(email="student@example.com")
    Enrollment.objects.create(learner=user, course=course.page)
    return user


@pytest.fixture
def stranger(site: Site) -> User:
    """Has an account and nothing else."""
    return UserFactory(email="stranger@example.com")


def _staff(email: str, role: Role) -> User:
    user = UserFactory(email=email)
    assign_role(user, role)
    return user


@pytest.fixture
def author(site: Site) -> User:
    return _staff("author@example.com", Role.AUTHOR)


@pytest.fixture
def reviewer(site: Site) -> User:
    return _staff("reviewer@example.com", Role.REVIEWER)


@pytest.fixture
def admissions(site: Site) -> User:
    return _staff("admissions@example.com", Role.ADMISSIONS)


@pytest.fixture
def admissions_lead(site: Site) -> User:
    return _staff("lead@example.com", Role.ADMISSIONS_LEAD)


@pytest.fixture
def admin(site: Site) -> User:
    return User.objects.create_superuser("admin@example.com", "learn-both-2026")


def signed_in(user: User) -> Client:
    """Return a browser in which this person is signed in."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run tests that flush the database last, and leave the browser tests out where there is no browser.

    A flush gives content types new keys, which Wagtail's permission policies remember for life. Browser tests
    come after those that fork: Playwright's event loop hides connections from `connections.close_all`, and a
    child that inherits one leaves its transaction open when it dies.
    """
    items.sort(key=lambda item: (_flushes(item), _is_browser_test(item)))
    if find_chromium():
        return
    browser_tests = [item for item in items if _is_browser_test(item)]
    if browser_tests and os.environ.get("REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(f"REQUIRE_BROWSER=1 and no Chromium is installed: {INSTALL_HINT}")
    if browser_tests:
        items[:] = [item for item in items if item not in browser_tests]
        config.hook.pytest_deselected(items=browser_tests)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end that browser tests were left out, and how to have them."""
    if not find_chromium():
        terminalreporter.write_line(
            f"The browser tests were left out: no Chromium is installed. To have them: {INSTALL_HINT}",
            yellow=True,
        )


def _is_browser_test(item: pytest.Item) -> bool:
    return "tests/e2e/" in item.path.as_posix()


def _flushes(item: pytest.Item) -> bool:
    """Whether the whole database is emptied after this test."""
    marker = item.get_closest_marker("django_db")
    flushes = (
        marker is not None and marker.kwargs.get("transaction") and "available_apps" not in marker.kwargs
    )
    return bool(flushes) or "transactional_db" in item.fixturenames or "live_server" in item.fixturenames
