"""The public site and its courses."""

from datetime import timedelta
from itertools import count

import factory
from django.utils import timezone
from wagtail.models import Collection, Locale, Page, Site

from courses.models import CataloguePage, Cohort, CoursePage, HomePage, InstituteSettings, ModulePage

_numbers = count(1)


def restore_roots() -> Page:
    """Make what Wagtail's migrations make and a flushed test database lacks; return the root page."""
    Locale.objects.get_or_create(language_code="en-gb")
    if not Collection.objects.exists():
        Collection.add_root(name="Root")
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    if not Site.objects.exists():
        welcome = root.add_child(instance=Page(title="Welcome to your new Wagtail site!", slug="home"))
        Site.objects.create(hostname="localhost", port=80, root_page=welcome, is_default_site=True)
    return root


def make_site() -> Site:
    """Make the home page, the catalogue and the institute at the default site."""
    root = restore_roots()
    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    home = root.add_child(
        instance=HomePage(
            title="Home",
            slug="home",
            headline="One idea,",
            headline_mark="two frameworks.",
            lead="Learn both.",
        )
    )
    home.add_child(instance=CataloguePage(title="Courses", slug="courses"))
    site = Site.objects.create(
        hostname="localhost", port=80, root_page=home, is_default_site=True, site_name="Osiz Labs"
    )
    institute = InstituteSettings.for_site(site)
    institute.name = "Osiz Labs"
    institute.phone = "+919500481067"
    institute.whatsapp = "+919500481067"
    institute.email = "admissions@example.com"
    institute.address = "Madurai"
    institute.save()
    return site


def make_course(*, slug: str | None = None, **fields: object) -> CoursePage:
    """Make a live course below the catalogue, with a price unless told otherwise."""
    number = next(_numbers)
    values = {"title": f"Course {number}", "summary": "You build it twice.", "hours": 20, "price": 45000}
    return CataloguePage.objects.get().add_child(
        instance=CoursePage(slug=slug or f"course-{number}", **(values | fields))
    )


def make_module(course: CoursePage, **fields: object) -> ModulePage:
    """Make a live module at the end of a course."""
    number = next(_numbers)
    values = {"title": f"Module {number}", "slug": f"module-{number}"}
    return CoursePage.objects.get(pk=course.pk).add_child(instance=ModulePage(**(values | fields)))


class CohortFactory(factory.django.DjangoModelFactory[Cohort]):
    """A cohort that starts in a month with ten free seats."""

    class Meta:
        model = Cohort

    starts_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=30))
    mode = Cohort.Mode.ONLINE
    seats = 10
