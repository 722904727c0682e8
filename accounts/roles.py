"""The roles of the institute as groups with permissions; the table below is the whole truth about them."""

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from accounts.models import User


class UnknownPermissionError(LookupError):
    """A role names permissions that no installed app defines."""


class Role(StrEnum):
    """What a person may be besides visitor and learner, which need no group."""

    AUTHOR = "author"
    REVIEWER = "reviewer"
    ADMISSIONS = "admissions"
    ADMISSIONS_LEAD = "admissions-lead"
    ADMIN = "admin"


@dataclass(frozen=True)
class Duties:
    """What one group may do: anywhere, on every page, and with every image and document."""

    group: str
    permissions: tuple[str, ...]
    on_pages: tuple[str, ...] = ()
    on_media: tuple[str, ...] = ()


ENTER_CMS = "wagtailadmin.access_admin"
MEDIA = (
    "wagtailimages.add_image",
    "wagtailimages.change_image",
    "wagtailimages.choose_image",
    "wagtaildocs.add_document",
    "wagtaildocs.change_document",
    "wagtaildocs.choose_document",
)
WORK_LEADS = (
    ENTER_CMS,
    "enrollment.view_lead",
    "enrollment.work_lead",
    "enrollment.view_person",
    "enrollment.view_enrollment",
    "courses.view_cohort",
)
DUTIES = {
    Role.AUTHOR: Duties(
        group="Authors",
        permissions=(ENTER_CMS,),
        on_pages=("wagtailcore.add_page", "wagtailcore.change_page"),
        on_media=MEDIA,
    ),
    Role.REVIEWER: Duties(
        group="Reviewers",
        permissions=(ENTER_CMS,),
        on_pages=(
            "wagtailcore.add_page",
            "wagtailcore.change_page",
            "wagtailcore.publish_page",
            "wagtailcore.lock_page",
            "wagtailcore.unlock_page",
        ),
        on_media=MEDIA,
    ),
    Role.ADMISSIONS: Duties(group="Admissions", permissions=WORK_LEADS),
    Role.ADMISSIONS_LEAD: Duties(
        group="Admissions leads",
        permissions=(
            *WORK_LEADS,
            "enrollment.manage_leads",
            "courses.add_cohort",
            "courses.change_cohort",
            "courses.delete_cohort",
        ),
    ),
}
"""Admins are superusers and stand in no group."""

REVIEW_WORKFLOW = "Review"
WAGTAIL_DEFAULT_GROUPS = ("Editors", "Moderators")
WAGTAIL_DEFAULT_WORKFLOW = "Moderators approval"


@transaction.atomic
def sync_roles() -> None:
    """Make groups, their permissions and the review workflow as the table says.

    Running it again changes nothing. What somebody changed on these groups by hand is put back; other
    groups stay as they are, except Wagtail's two default groups, which are removed. Raises
    UnknownPermissionError, and changes nothing, when an app doesn't define a permission of the table.
    """
    for duties in DUTIES.values():
        _sync_group(duties)
    _sync_review()
    Group.objects.filter(name__in=WAGTAIL_DEFAULT_GROUPS).delete()


@transaction.atomic
def remove_roles() -> None:
    """Take the groups and the review workflow away again; the people in them become learners."""
    Workflow.objects.filter(name=REVIEW_WORKFLOW).delete()
    GroupApprovalTask.objects.filter(name=REVIEW_WORKFLOW).delete()
    Group.objects.filter(name__in=[duties.group for duties in DUTIES.values()]).delete()


@transaction.atomic
def assign_role(user: User, role: Role | str) -> None:
    """Give a person a role besides those they have; needs sync_roles to have run. ValueError: no such role."""
    role = Role(role)
    if role == Role.ADMIN:
        user.is_superuser = True
        user.save(update_fields=["is_superuser"])
    else:
        user.groups.add(Group.objects.get(name=DUTIES[role].group))


def find_permissions(names: tuple[str, ...]) -> list[Permission]:
    """Return the permissions with these "app.codename" names; UnknownPermissionError names the missing."""
    codenames = [name.partition(".")[2] for name in names]
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.filter(codename__in=codenames).select_related("content_type")
    }
    missing = [name for name in names if name not in known]
    if missing:
        raise UnknownPermissionError(f"No app defines: {', '.join(missing)}. Is the database migrated?")
    return [known[name] for name in names]


def _sync_group(duties: Duties) -> None:
    group, _created = Group.objects.get_or_create(name=duties.group)
    group.permissions.set(find_permissions(duties.permissions))

    root_page = Page.get_first_root_node()
    on_pages = find_permissions(duties.on_pages)
    group.page_permissions.exclude(page=root_page, permission__in=on_pages).delete()
    for permission in on_pages:
        GroupPagePermission.objects.get_or_create(group=group, page=root_page, permission=permission)

    root_collection = Collection.get_first_root_node()
    on_media = find_permissions(duties.on_media)
    group.collection_permissions.exclude(collection=root_collection, permission__in=on_media).delete()
    for permission in on_media:
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=root_collection, permission=permission
        )


def _sync_review() -> None:
    """Every page is published through one approval by the reviewers."""
    task, _created = GroupApprovalTask.objects.get_or_create(name=REVIEW_WORKFLOW)
    task.groups.set(Group.objects.filter(name=DUTIES[Role.REVIEWER].group))
    workflow, _created = Workflow.objects.get_or_create(name=REVIEW_WORKFLOW)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    WorkflowPage.objects.update_or_create(
        page=Page.get_first_root_node(), defaults={"workflow": workflow}
    )
    unused = Workflow.objects.filter(name=WAGTAIL_DEFAULT_WORKFLOW, workflow_states__isnull=True)
    unused.delete()
    GroupApprovalTask.objects.filter(name=WAGTAIL_DEFAULT_WORKFLOW, workflow_tasks__isnull=True).delete()
