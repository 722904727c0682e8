"""The public site: pages, courses, cohorts and the facts about the institute."""

from courses.models.cohorts import Cohort
from courses.models.glossary import GlossaryPage
from courses.models.images import SiteImage, SiteRendition
from courses.models.institute import Holiday, InstituteSettings
from courses.models.pages import CataloguePage, CoursePage, HomePage, ModulePage, StandardPage

__all__ = [
    "CataloguePage",
    "Cohort",
    "CoursePage",
    "GlossaryPage",
    "Holiday",
    "HomePage",
    "InstituteSettings",
    "ModulePage",
    "SiteImage",
    "SiteRendition",
    "StandardPage",
]
