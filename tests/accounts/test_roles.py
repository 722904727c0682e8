"""What each role may do, and that the groups say exactly that."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from wagtail.models import GroupPagePermission, Page, Site, Workflow

from accounts import roles
from accounts.models import User
from accounts.roles import Role, UnknownPermissionError, assign_role, find_permissions, sync_roles
from tests.conftest import signed_in
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def rights_on_home(user: User) -> dict[str, bool]:
    tester = Site.objects.get(is_default_site=True).root_page.permissions_for_user(user)
    return {
        "add": tester.can_add_subpage(),
        "edit": tester.can_edit(),
        "publish": tester.can_publish(),
        "unlock": tester.can_unlock(),
    }


def test_author_writes_and_does_not_publish(author: User) -> None:
    assert rights_on_home(author) == {"add": True, "edit": True, "publish": False, "unlock": False}


def test_reviewer_publishes(reviewer: User) -> None:
    rights = rights_on_home(reviewer)
    assert rights["edit"]
    assert rights["publish"]


@pytest.mark.parametrize("who", ["admissions", "admissions_lead", "stranger"])
def test_others_touch_no_page(who: str, request: pytest.FixtureRequest) -> None:
    assert not any(rights_on_home(request.getfixturevalue(who)).values())


@pytest.mark.parametrize("who", ["author", "reviewer"])
def test_writers_see_no_lead(who: str, request: pytest.FixtureRequest) -> None:
    user = request.getfixturevalue(who)
    assert not [name for name in user.get_all_permissions() if name.startswith(("enrollment.", "outbox."))]


def test_admissions_work_leads(admissions: User) -> None:
    assert admissions.has_perms(["enrollment.view_lead", "enrollment.work_lead"])
    assert not admissions.has_perm("enrollment.manage_leads")
    assert not admissions.has_perm("courses.change_cohort")


def test_admissions_lead_does_the_rest(admissions_lead: User) -> None:
    assert admissions_lead.has_perms(
        ["enrollment.work_lead", "enrollment.manage_leads", "courses.add_cohort", "courses.change_cohort"]
    )


def test_admissions_cannot_open_the_page_editor(admissions: User) -> None:
    home = Site.objects.get(is_default_site=True).root_page
    response = signed_in(admissions).get(f"/cms/pages/{home.pk}/edit/")
    assert response["Location"] == "/cms/"


def test_page_chooser_hides_drafts_from_admissions(admissions: User, author: User) -> None:
    home = Site.objects.get(is_default_site=True).root_page
    Page.objects.child_of(home).update(live=False, title="Secret plan")
    address = f"/cms/choose-page/{home.pk}/"
    assert "Secret plan" in signed_in(author).get(address).json()["html"]
    assert "Secret plan" not in signed_in(admissions).get(address).json()["html"]


def test_running_twice_changes_nothing(site: Site) -> None:
    def state() -> tuple:
        return (
            list(Group.objects.order_by("pk").values_list("pk", "name")),
            list(Group.permissions.through.objects.order_by("pk").values_list()),
            list(GroupPagePermission.objects.order_by("pk").values_list()),
            list(Workflow.objects.values_list("pk", "name", "active")),
        )

    before = state()
    sync_roles()
    assert state() == before


@pytest.mark.usefixtures("site")
def test_hand_made_changes_are_put_back_and_other_groups_kept() -> None:
    Group.objects.create(name="Librarians")
    admissions = Group.objects.get(name="Admissions")
    admissions.permissions.clear()
    GroupPagePermission.objects.create(
        group=admissions, page=Page.get_first_root_node(), permission_type="publish"
    )
    sync_roles()
    assert admissions.permissions.filter(codename="work_lead").exists()
    assert not admissions.page_permissions.exists()
    assert Group.objects.filter(name="Librarians").exists()


@pytest.mark.usefixtures("site")
def test_only_our_groups_and_our_workflow_remain() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {
        "Authors",
        "Reviewers",
        "Admissions",
        "Admissions leads",
    }
    [workflow] = Workflow.objects.all()
    [task] = workflow.tasks
    assert [group.name for group in task.specific.groups.all()] == ["Reviewers"]


def test_pages_go_through_the_review(site: Site) -> None:
    assert site.root_page.get_workflow().name == "Review"


@pytest.mark.usefixtures("site")
def test_unknown_permission_is_named() -> None:
    with pytest.raises(UnknownPermissionError, match=r"enrollment\.fly_lead"):
        find_permissions(("enrollment.view_lead", "enrollment.fly_lead"))


@pytest.mark.usefixtures("site")
def test_unknown_role_is_refused() -> None:
    with pytest.raises(ValueError, match="janitor"):
        assign_role(UserFactory(), "janitor")


@pytest.mark.usefixtures("site")
def test_staff_flag_follows_the_groups() -> None:
    user = UserFactory()
    assign_role(user, Role.AUTHOR)
    user.refresh_from_db()
    assert user.is_staff
    user.groups.clear()
    user.refresh_from_db()
    assert not user.is_staff


@pytest.mark.usefixtures("site")
def test_admin_is_a_superuser() -> None:
    user = UserFactory()
    assign_role(user, "admin")
    user.refresh_from_db()
    assert user.is_superuser
    assert user.is_staff


def test_command_says_what_is_there_and_takes_it_away(author: User) -> None:
    out = StringIO()
    call_command("sync_roles", stdout=out)
    assert "Authors, Reviewers, Admissions, Admissions leads" in out.getvalue()
    call_command("sync_roles", remove=True, stdout=out)
    assert not Group.objects.filter(name__in=[duties.group for duties in roles.DUTIES.values()]).exists()
    author.refresh_from_db()
    assert not author.is_staff
