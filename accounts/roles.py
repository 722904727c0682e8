"""The roles of the institute as groups with permissions; the table below is the whole truth about them."""

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
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

from accounts.access import CMS_PERMISSION
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


MEDIA = (
    "wagtailimages.add_image",
    "wagtailimages.change_image",
    "wagtailimages.choose_image",
    "wagtaildocs.add_document",
    "wagtaildocs.change_document",
    "wagtaildocs.choose_document",
)
WORK_LEADS = (
    CMS_PERMISSION,
    "enrollment.view_lead",
    "enrollment.work_lead",
    "enrollment.view_person",
    "enrollment.view_enrollment",
    "courses.view_cohort",
)
DUTIES = {
    Role.AUTHOR: Duties(
        group="Authors",
        permissions=(CMS_PERMISSION,),
        on_pages=("wagtailcore.add_page", "wagtailcore.change_page"),
        on_media=MEDIA,
    ),
    Role.REVIEWER: Duties(
        group="Reviewers",
        permissions=(CMS_PERMISSION,),
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
    refresh_staff_flag(User.objects.filter(is_staff=True))


@transaction.atomic
def remove_roles() -> None:
    """Take the groups and the review workflow away again; the people in them become learners."""
    Workflow.objects.filter(name=REVIEW_WORKFLOW).delete()
    GroupApprovalTask.objects.filter(name=REVIEW_WORKFLOW).delete()
    Group.objects.filter(name__in=[duties.group for duties in DUTIES.values()]).delete()
    refresh_staff_flag(User.objects.filter(is_staff=True))


@transaction.atomic
def assign_role(user: User, role: Role | str) -> None:
    """Add a role to those that a person has; needs sync_roles to have run. ValueError: no such role."""
    role = Role(role)
    if role == Role.ADMIN:
        user.is_superuser = user.is_staff = True
        user.save(update_fields=["is_superuser", "is_staff"])
    else:
        user.groups.add(Group.objects.get(name=DUTIES[role].group))


def refresh_staff_flag(users: QuerySet[User]) -> None:
    """Set `is_staff`, by which pages show links into the CMS, for exactly those who may enter it."""
    entering = Q(is_superuser=True) | Q(
        groups__permissions__content_type__app_label="wagtailadmin",
        groups__permissions__codename="access_admin",
    )
    staff = set(users.filter(entering).values_list("pk", flat=True))
    users.filter(pk__in=staff, is_staff=False).update(is_staff=True)
    users.filter(is_staff=True).exclude(pk__in=staff).update(is_staff=False)


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
    granted = GroupPagePermission.objects.filter(group=group)
    granted.exclude(page=root_page, permission__in=on_pages).delete()
    for permission in on_pages:
        GroupPagePermission.objects.get_or_create(group=group, page=root_page, permission=permission)

    root_collection = Collection.get_first_root_node()
    on_media = find_permissions(duties.on_media)
    lent = GroupCollectionPermission.objects.filter(group=group)
    lent.exclude(collection=root_collection, permission__in=on_media).delete()
    for permission in on_media:
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=root_collection, permission=permission
        )


def _sync_review() -> None:
    """Every page is published through one approval by the reviewers; a workflow chosen by hand stays."""
    task, _created = GroupApprovalTask.objects.get_or_create(name=REVIEW_WORKFLOW)
    task.groups.set(Group.objects.filter(name=DUTIES[Role.REVIEWER].group))
    workflow, _created = Workflow.objects.get_or_create(name=REVIEW_WORKFLOW)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    root_page = Page.get_first_root_node()
    WorkflowPage.objects.filter(page=root_page, workflow__name=WAGTAIL_DEFAULT_WORKFLOW).delete()
    WorkflowPage.objects.get_or_create(page=root_page, defaults={"workflow": workflow})
    unused = Workflow.objects.filter(name=WAGTAIL_DEFAULT_WORKFLOW, workflow_states__isnull=True)
    unused.delete()
    GroupApprovalTask.objects.filter(name=WAGTAIL_DEFAULT_WORKFLOW, workflow_tasks__isnull=True).delete()
