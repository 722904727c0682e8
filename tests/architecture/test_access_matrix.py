"""Who gets what at every address. An address without a row fails the suite.

A row gives one answer for each of the cast: a status, `login` (sent to sign in), `door` (sent to the
entrance of the CMS, which asks to sign in or says who may enter) or `home` (the CMS sends its people back
to its start page).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from enrollment.models import Lead
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import LeadFactory

pytestmark = pytest.mark.django_db

CAST = ("visitor", "learner", "stranger", "author", "reviewer", "admissions", "admissions_lead", "admin")
EVERYBODY = "200 200 200 200 200 200 200 200"
MEMBERS = "login 200 200 200 200 200 200 200"
NOT_FOUND = "404 404 404 404 404 404 404 404"
WORK_LEADS = "door door door home home 200 200 200"
WORK_LEADS_302 = "door door door home home 302 302 302"
MANAGE_LEADS = "door door door home home home 200 200"
MANAGE_LEADS_405 = "door door door home home home 405 405"
MANAGE_LEADS_404 = "door door door home home home 404 404"
DESK_POST_ONLY = "door door door home home 405 405 405"
FORBIDDEN = "403 403 403 403 403 403 403 403"
POST_ONLY = "405 405 405 405 405 405 405 405"
SIGNED_OUT_ONLY = "200 302 302 302 302 302 302 302"

LEAD_POSTS = (
    "note", "stage", "next", "call", "chat", "mail", "book", "facts", "point", "unpoint",
    "tag", "untag", "file", "unfile", "enrol", "withdraw", "reply",
    "run-start", "run-snooze", "run-resume", "run-stop", "run-edit", "run-original",
)  # fmt: skip
"""Forms of the lead page that refuse an empty post."""
DELIVERY_QUEUES = ("unclear", "failed")


@dataclass(frozen=True)
class World:
    """The things that addresses name."""

    course: SmallCourse
    lead: Lead
    cohort: int


@dataclass(frozen=True)
class Row:
    """One address and method, and the answers for the cast."""

    name: str
    path: str | Callable[[World], str]
    answers: str
    method: str = "get"

    def address(self, world: World) -> str:
        return self.path if isinstance(self.path, str) else self.path(world)


def lead_path(action: str) -> Callable[[World], str]:
    return lambda world: f"/cms/leads/{action}/{world.lead.pk}/"


def person_path(action: str) -> Callable[[World], str]:
    return lambda world: f"/cms/leads/people/{world.lead.person_id}/{action}/"


def quiz_path(action: str) -> Callable[[World], str]:
    return lambda world: f"{world.course.locked.url}quiz/no-quiz/{action}/"


ROWS = [
    Row("health-live", "/healthz/live", EVERYBODY),
    Row("health-ready", "/healthz/ready", EVERYBODY),
    Row("outbox:metrics", "/messages/metrics", NOT_FOUND),
    Row("outbox:whatsapp-events", "/messages/events/whatsapp/", FORBIDDEN),
    Row("outbox:whatsapp-events", "/messages/events/whatsapp/", FORBIDDEN, "post"),
    Row("outbox:sms-events", "/messages/events/sms/", POST_ONLY),
    Row("outbox:sms-events", "/messages/events/sms/", FORBIDDEN, "post"),
    *(
        Row(f"outbox:postmark_{kind}_webhook", f"/messages/events/mail/postmark/{kind}/", answers, method)
        for kind in ("tracking", "inbound")
        for answers, method in ((POST_ONLY, "get"), ("400 400 400 400 400 400 400 400", "post"))
    ),
    Row("outbox:unsubscribe", "/messages/unsubscribe/not-ours/", NOT_FOUND),
    Row("outbox:unsubscribe", "/messages/unsubscribe/not-ours/", NOT_FOUND, "post"),
    Row("wagtail_serve", "/", EVERYBODY),
    Row("wagtail_serve", "/no-such-page/", NOT_FOUND),
    Row("courses:catalogue", "/courses/", EVERYBODY),
    Row("courses:theme", "/theme/", POST_ONLY),
    Row("courses:theme", "/theme/", "302 302 302 302 302 302 302 302", "post"),
    Row("courses:styleguide", "/styleguide/", "403 403 403 200 200 200 200 200"),
    Row("favicon", "/favicon.ico", "302 302 302 302 302 302 302 302"),
    Row("media", "/media/no-such-file.png", NOT_FOUND),
    Row("lessons:read", lambda world: world.course.free.url, EVERYBODY),
    Row("lessons:read", lambda world: world.course.locked.url, EVERYBODY),
    Row("lessons:done", lambda world: f"{world.course.locked.url}done/", POST_ONLY),
    Row(
        "lessons:done",
        lambda world: f"{world.course.locked.url}done/",
        "login 302 403 403 403 403 403 403",
        "post",
    ),
    Row("lessons:undo", lambda world: f"{world.course.locked.url}undo/", POST_ONLY),
    Row(
        "lessons:undo",
        lambda world: f"{world.course.locked.url}undo/",
        "login 302 403 403 403 403 403 403",
        "post",
    ),
    Row("lessons:place", lambda world: f"{world.course.locked.url}place/", POST_ONLY),
    Row(
        "lessons:place",
        lambda world: f"{world.course.locked.url}place/",
        "login 204 403 403 403 403 403 403",
        "post",
    ),
    Row("lessons:offline", lambda world: f"{world.course.module.url}offline.json", MEMBERS),
    Row("lessons:output", lambda world: f"{world.course.free.url}output/", EVERYBODY),
    Row(
        "lessons:output", lambda world: f"{world.course.locked.url}output/", "403 200 403 200 200 403 403 200"
    ),
    Row(
        "lessons:history",
        lambda world: f"{world.course.locked.url}work/no-exercise/",
        "login 404 403 403 403 403 403 403",
    ),
    Row(
        "lessons:attempt",
        lambda world: f"{world.course.locked.url}work/no-exercise/1/",
        "login 404 403 403 403 403 403 403",
    ),
    Row(
        "lessons:draft",
        lambda world: f"{world.course.locked.url}work/match-a-path-pair/draft/?part=flask",
        "403 200 403 403 403 403 403 403",
    ),
    Row(
        "lessons:draft",
        lambda world: f"{world.course.locked.url}work/match-a-path-pair/draft/",
        "403 400 403 403 403 403 403 403",
        "post",
    ),
    Row("lessons:submit", lambda world: f"{world.course.locked.url}work/no-exercise/submit/", POST_ONLY),
    Row(
        "lessons:submit",
        lambda world: f"{world.course.locked.url}work/no-exercise/submit/",
        "403 404 403 403 403 403 403 403",
        "post",
    ),
    *(
        Row(f"lessons:quiz-{action}", quiz_path(action), answers, method)
        for action in ("start", "answer", "finish")
        for method, answers in (("get", POST_ONLY), ("post", "403 404 403 403 403 403 403 403"))
    ),
    Row("lessons:note", lambda world: f"{world.course.locked.url}note/", "login 200 403 403 403 403 403 403"),
    Row("lessons:bookmark", lambda world: f"{world.course.locked.url}bookmark/", POST_ONLY),
    Row(
        "lessons:bookmark",
        lambda world: f"{world.course.locked.url}bookmark/",
        "login 302 403 403 403 403 403 403",
        "post",
    ),
    Row("lessons:seen", lambda world: f"{world.course.locked.url}seen/", POST_ONLY),
    Row(
        "lessons:seen",
        lambda world: f"{world.course.locked.url}seen/",
        "login 302 403 403 403 403 403 403",
        "post",
    ),
    Row("enrollment:enquire", "/enquire/", EVERYBODY),
    Row("enrollment:enquire", "/enquire/", "422 422 422 422 422 422 422 422", "post"),
    Row("enrollment:clicks", "/enquire/clicks/", POST_ONLY),
    Row("enrollment:clicks", "/enquire/clicks/", "403 403 403 403 403 403 403 403", "post"),
    Row("enrollment:receive-lead", "/api/leads/", POST_ONLY),
    Row("enrollment:receive-lead", "/api/leads/", "415 415 415 415 415 415 415 415", "post"),
    Row("enrollment:placement", "/placement/", EVERYBODY),
    Row("enrollment:placement", "/placement/", "422 422 422 422 422 422 422 422", "post"),
    Row("enrollment:thanks", "/enquire/thanks/ENQ-AAAA-AA/", NOT_FOUND),
    Row("enrollment:waiting", lambda world: f"/waiting/{world.cohort}/", "302 200 200 200 200 200 200 200"),
    Row(
        "enrollment:waiting",
        lambda world: f"/waiting/{world.cohort}/",
        "302 409 409 409 409 409 409 409",
        "post",
    ),
    Row("enrollment:offer", "/waiting/offer/forged/", NOT_FOUND),
    Row("enrollment:offer", "/waiting/offer/forged/", NOT_FOUND, "post"),
    Row("enrollment:learn", "/learn/", MEMBERS),
    Row("enrollment:search", "/learn/search/?q=path", MEMBERS),
    Row("enrollment:goal", "/learn/goal/", POST_ONLY),
    Row("enrollment:goal", "/learn/goal/", "login 302 302 302 302 302 302 302", "post"),
    Row("enrollment:join", lambda world: f"{world.course.page.url}join/", POST_ONLY),
    Row(
        "enrollment:join",
        lambda world: f"{world.course.page.url}join/",
        "login 403 403 403 403 403 403 403",
        "post",
    ),
    Row("accounts:profile", "/accounts/", MEMBERS),
    Row("accounts:session-end", "/accounts/sessions/999/end/", "login 405 405 405 405 405 405 405"),
    Row("accounts:session-end", "/accounts/sessions/999/end/", "login 404 404 404 404 404 404 404", "post"),
    Row("account_login", "/accounts/login/", SIGNED_OUT_ONLY),
    Row("account_signup", "/accounts/signup/", SIGNED_OUT_ONLY),
    Row("account_logout", "/accounts/logout/", "302 200 200 200 200 200 200 200"),
    Row("account_inactive", "/accounts/inactive/", EVERYBODY),
    Row("account_reauthenticate", "/accounts/reauthenticate/", MEMBERS),
    Row("account_email", "/accounts/email/", MEMBERS),
    Row("account_email_verification_sent", "/accounts/confirm-email/", "login 302 302 302 302 302 302 302"),
    Row("account_change_password", "/accounts/password/change/", MEMBERS),
    Row("account_set_password", "/accounts/password/set/", "login 302 302 302 302 302 302 302"),
    Row("account_reset_password", "/accounts/password/reset/", EVERYBODY),
    Row("account_reset_password_done", "/accounts/password/reset/done/", EVERYBODY),
    Row("account_reset_password_from_key", "/accounts/password/reset/key/1-bad/", EVERYBODY),
    Row("account_reset_password_from_key_done", "/accounts/password/reset/key/done/", EVERYBODY),
    Row("account_request_login_code", "/accounts/login/code/", SIGNED_OUT_ONLY),
    Row("account_confirm_login_code", "/accounts/login/code/confirm/", "login 302 302 302 302 302 302 302"),
    Row("mfa_index", "/accounts/2fa/", MEMBERS),
    Row("mfa_authenticate", "/accounts/2fa/authenticate/", "login 302 302 302 302 302 302 302"),
    Row("mfa_reauthenticate", "/accounts/2fa/reauthenticate/", "login 302 302 302 302 302 302 302"),
    Row("mfa_activate_totp", "/accounts/2fa/totp/activate/", "login 302 302 302 302 302 302 302"),
    Row("mfa_deactivate_totp", "/accounts/2fa/totp/deactivate/", "login 404 404 404 404 404 404 404"),
    Row("mfa_view_recovery_codes", "/accounts/2fa/recovery-codes/", "login 404 404 404 404 404 404 404"),
    Row(
        "mfa_generate_recovery_codes",
        "/accounts/2fa/recovery-codes/generate/",
        "login 302 302 302 302 302 302 302",
    ),
    Row(
        "mfa_download_recovery_codes",
        "/accounts/2fa/recovery-codes/download/",
        "login 404 404 404 404 404 404 404",
    ),
    Row("mfa_list_webauthn", "/accounts/2fa/webauthn/", MEMBERS),
    Row("mfa_add_webauthn", "/accounts/2fa/webauthn/add/", "login 302 302 302 302 302 302 302"),
    Row(
        "mfa_reauthenticate_webauthn",
        "/accounts/2fa/webauthn/reauthenticate/",
        "login 302 302 302 302 302 302 302",
    ),
    Row(
        "mfa_remove_webauthn", "/accounts/2fa/webauthn/keys/999/remove/", "login 302 302 302 302 302 302 302"
    ),
    Row("mfa_edit_webauthn", "/accounts/2fa/webauthn/keys/999/edit/", "login 302 302 302 302 302 302 302"),
    Row("mfa_login_webauthn", "/accounts/2fa/webauthn/login/", "login 302 302 302 302 302 302 302"),
    Row("usersessions_list", "/accounts/sessions/", MEMBERS),
    Row("wagtaildocs_serve", "/documents/999/no-such-file.pdf", NOT_FOUND),
    Row("wagtaildocs_authenticate_with_password", "/documents/authenticate_with_password/999/", NOT_FOUND),
    Row("wagtailcore_authenticate_with_password", "/_util/authenticate_with_password/999/999/", NOT_FOUND),
    Row("wagtailcore_login", "/_util/login/", "login login login login login login login login"),
    Row("cms_entrance", "/cms/login/", "login 403 403 home home home home home"),
    Row("leads:list", "/cms/leads/", WORK_LEADS),
    Row("leads:list_results", "/cms/leads/results/", WORK_LEADS),
    Row("leads:inspect", lead_path("inspect"), WORK_LEADS),
    *(
        Row(f"leads:{action}", lead_path(action), "door door door home home 302 302 302")
        for action in ("owner", *LEAD_POSTS)
    ),
    *(
        Row(f"leads:{action}", lead_path(action), "door door door home home 422 422 422", "post")
        for action in LEAD_POSTS
    ),
    Row("leads:owner", lead_path("owner"), "door door door home home 302 302 302", "post"),
    Row(
        "desk:lead-file",
        lambda world: f"/cms/leads/{world.lead.pk}/files/999/",
        "door door door home home 404 404 404",
    ),
    Row("message_templates:list", "/cms/leads/texts/", MANAGE_LEADS),
    Row("message_templates:add", "/cms/leads/texts/add/", MANAGE_LEADS),
    *(
        Row(f"desk:text-{name}", f"/cms/leads/texts/{name}/", answers, method)
        for name in ("preview", "test")
        for method, answers in (("get", MANAGE_LEADS_405), ("post", "door door door home home home 422 422"))
    ),
    Row("sequences:list", "/cms/leads/sequences/", MANAGE_LEADS),
    Row("sequences:add", "/cms/leads/sequences/add/", MANAGE_LEADS),
    *(
        Row(f"desk:sequence-{name}", f"/cms/leads/sequences/999/{name}/", MANAGE_LEADS_404, method)
        for name, method in (("switch", "get"), ("switch", "post"), ("rehearsal", "get"))
    ),
    Row("desk:board", "/cms/leads/board/", WORK_LEADS),
    Row("desk:board-move", lambda world: f"/cms/leads/board/{world.lead.pk}/move/", DESK_POST_ONLY),
    Row(
        "desk:board-move",
        lambda world: f"/cms/leads/board/{world.lead.pk}/move/",
        "door door door home home 409 409 409",
        "post",
    ),
    Row("desk:deliveries", "/cms/leads/deliveries/", WORK_LEADS),
    Row("desk:deliveries-undo", "/cms/leads/deliveries/undo/", DESK_POST_ONLY),
    Row("desk:deliveries-undo", "/cms/leads/deliveries/undo/", WORK_LEADS_302, "post"),
    Row("desk:delivery", "/cms/leads/deliveries/999/", "door door door home home 404 404 404"),
    Row("desk:delivery-settle", "/cms/leads/deliveries/999/again/", DESK_POST_ONLY),
    Row(
        "desk:delivery-settle",
        "/cms/leads/deliveries/999/again/",
        "door door door home home 404 404 404",
        "post",
    ),
    *(
        Row(f"desk:deliveries-{name}", f"/cms/leads/deliveries/{name}/", WORK_LEADS)
        for name in DELIVERY_QUEUES
    ),
    *(
        Row(f"desk:settle-{name}", f"/cms/leads/deliveries/{name}/again/", answers, method)
        for name in DELIVERY_QUEUES
        for method, answers in (("get", DESK_POST_ONLY), ("post", WORK_LEADS_302))
    ),
    Row("desk:duplicates", "/cms/leads/duplicates/", MANAGE_LEADS),
    Row("desk:compare", "/cms/leads/duplicates/compare/", "door door door home home home 302 302"),
    *(
        Row(f"desk:{name}", path, "door door door home home home 404 404", "post")
        for name, path in (
            ("duplicate-dismiss", "/cms/leads/duplicates/999/dismiss/"),
            ("duplicate-restore", "/cms/leads/duplicates/999/restore/"),
            ("merge", "/cms/leads/merge/998/999/"),
            ("merge-undo", "/cms/leads/merge/999/undo/"),
        )
    ),
    Row("desk:merge", "/cms/leads/merge/998/999/", "door door door home home home 404 404"),
    Row("desk:bulk", "/cms/leads/bulk/assign/", DESK_POST_ONLY),
    *(
        Row("desk:bulk", f"/cms/leads/bulk/{action}/", WORK_LEADS_302, "post")
        for action in ("assign", "stage", "tag", "enrol")
    ),
    Row("desk:bulk", "/cms/leads/bulk/export/", "door door door home home home 302 302", "post"),
    Row("desk:bulk-undo", "/cms/leads/bulk/undo/", WORK_LEADS_302, "post"),
    Row("leads:list", "/cms/leads/?export=csv", "door door door home home home 200 200"),
    Row("desk:view-add", "/cms/leads/views/add/", DESK_POST_ONLY),
    Row("desk:view-add", "/cms/leads/views/add/", "door door door home home 422 422 422", "post"),
    Row("desk:view-edit", "/cms/leads/views/999/", "door door door home home 404 404 404"),
    Row("desk:view-delete", "/cms/leads/views/999/delete/", "door door door home home 404 404 404", "post"),
    Row("desk:report", "/cms/leads/reports/", MANAGE_LEADS),
    Row("desk:report", "/cms/leads/reports/workload/", MANAGE_LEADS),
    Row("desk:report-table", "/cms/leads/reports/funnel/stages.csv/", MANAGE_LEADS),
    Row("desk:privacy", "/cms/leads/privacy/", MANAGE_LEADS),
    Row("desk:accesses", "/cms/leads/privacy/log/", MANAGE_LEADS),
    Row("desk:person-privacy", person_path("privacy"), WORK_LEADS),
    Row("desk:consent", person_path("consent"), "door door door home home 422 422 422", "post"),
    Row("desk:guardian", person_path("guardian"), WORK_LEADS_302, "post"),
    Row("desk:take-away", person_path("data"), MANAGE_LEADS, "post"),
    Row("desk:restrict", person_path("restrict"), "door door door home home home 422 422", "post"),
    Row("desk:erase", person_path("erase"), MANAGE_LEADS),
    Row("desk:lift", person_path("lift"), "door door door home home home 302 302", "post"),
    Row("stages:list", "/cms/leads/stages/", MANAGE_LEADS),
    Row("stages:add", "/cms/leads/stages/add/", MANAGE_LEADS),
    Row("counsellors:list", "/cms/leads/counsellors/", MANAGE_LEADS),
    Row("counsellors:list_results", "/cms/leads/counsellors/results/", MANAGE_LEADS),
    Row("counsellors:add", "/cms/leads/counsellors/add/", MANAGE_LEADS),
    Row("desk:unassigned", "/cms/leads/unassigned/", MANAGE_LEADS),
    Row("desk:hours", "/cms/leads/hours/", MANAGE_LEADS),
    Row("desk:hours", "/cms/leads/hours/", MANAGE_LEADS, "post"),
    Row("desk:unassigned", "/cms/leads/unassigned/", "door door door home home home 302 302", "post"),
    Row("desk:hand-over", "/cms/leads/hand-over/99999/", "door door door home home home 404 404"),
    Row("desk:hand-over", "/cms/leads/hand-over/99999/", "door door door home home home 404 404", "post"),
    Row("closing_reasons:list", "/cms/leads/reasons/", MANAGE_LEADS),
    Row("closing_reasons:add", "/cms/leads/reasons/add/", MANAGE_LEADS),
    Row("desk:add-lead", "/cms/leads/new/", WORK_LEADS),
    Row("desk:add-lead", "/cms/leads/new/", "door door door home home 422 422 422", "post"),
    Row("desk:reconciliation", "/cms/leads/reconciliation/", MANAGE_LEADS),
    Row("desk:posts", "/cms/leads/reconciliation/posts/", MANAGE_LEADS),
    Row("desk:post", "/cms/leads/reconciliation/posts/ENQ-NONE-22/", "door door door home home home 404 404"),
    Row("sources:list", "/cms/leads/sources/", MANAGE_LEADS),
    Row("sources:add", "/cms/leads/sources/add/", MANAGE_LEADS),
    Row("desk:source", "/cms/leads/sources/999/sending/", "door door door home home home 404 404"),
    Row("desk:source-renew", "/cms/leads/sources/999/renew/", "door door door home home home 404 404"),
    Row(
        "desk:source-renew", "/cms/leads/sources/999/renew/", "door door door home home home 404 404", "post"
    ),
    Row("leads:add", "/cms/leads/add/", "door door door home home home home home"),
    Row("leads:edit", lead_path("edit"), "door door door home home home home home"),
    Row("leads:delete", lead_path("delete"), "door door door home home home home home"),
    Row("leads:transfer", lead_path("transfer"), "door door door home home 302 302 302"),
    Row("leads:transfer", lead_path("transfer"), "door door door home home 422 422 422", "post"),
    Row("desk:cohort", lambda world: f"/cms/leads/cohorts/{world.cohort}/", WORK_LEADS),
    Row("desk:waiting-lists", "/cms/leads/waiting/", WORK_LEADS),
    Row("desk:waiting-change", "/cms/leads/waiting/999/", "door door door home home 405 405 405"),
    Row("desk:waiting-change", "/cms/leads/waiting/999/", "door door door home home 404 404 404", "post"),
    Row("cohorts:list", "/cms/cohorts/", WORK_LEADS),
    Row("desk:imports", "/cms/leads/import/", MANAGE_LEADS),
    Row("desk:imports", "/cms/leads/import/", "door door door home home home 422 422", "post"),
    *(
        Row(f"desk:{name}", f"/cms/leads/import/999/{step}", "door door door home home home 404 404", method)
        for name, step, method in (
            ("import", "", "get"),
            ("import-columns", "columns/", "get"),
            ("import-columns", "columns/", "post"),
            ("import-progress", "progress/", "get"),
            ("import-start", "start/", "post"),
            ("import-cancel", "cancel/", "post"),
            ("import-undo", "undo/", "get"),
            ("import-undo", "undo/", "post"),
            ("import-problems", "problems/", "get"),
        )
    ),
    Row("cohorts:add", "/cms/cohorts/add/", "door door door home home home 200 200"),
    Row(
        "cohorts:edit",
        lambda world: f"/cms/cohorts/edit/{world.cohort}/",
        "door door door home home home 200 200",
    ),
]

OPEN_CMS_ADDRESSES = {"wagtailadmin_sprite", "wagtailadmin_javascript_catalog"}
"""Pictures and words of Wagtail's own screens; nothing of the institute's."""


def patterns(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Yield (route, name) of every address of the project."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from patterns(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield route, f"{space}{entry.name or route.partition('.')[0]}"


@pytest.fixture
def world(course: SmallCourse) -> World:
    return World(
        course=course,
        lead=LeadFactory(course=course.page),
        cohort=CohortFactory(course=course.page).pk,
    )


def browser_of(who: str, request: pytest.FixtureRequest) -> Client:
    person = request.getfixturevalue(who)
    return signed_in(person) if isinstance(person, User) else person


def word_for(response: HttpResponse) -> str:
    """Return the answer in the table's words."""
    target = response.headers.get("Location", "")
    if response.status_code == 302 and target.startswith("/accounts/login/"):
        return "login"
    if response.status_code == 302 and target.startswith("/cms/login/"):
        return "door"
    if response.status_code == 302 and target == "/cms/":
        return "home"
    return str(response.status_code)


@pytest.mark.parametrize("who", CAST)
def test_everybody_gets_what_the_table_says(who: str, world: World, request: pytest.FixtureRequest) -> None:
    surprises = []
    for row in ROWS:
        client = browser_of(who, request)
        client.raise_request_exception = False
        wanted = row.answers.split()[CAST.index(who)]
        answer = word_for(getattr(client, row.method)(row.address(world)))
        if answer != wanted:
            surprises.append(f"{row.method} {row.address(world)}: {answer}, not {wanted}")
    assert "\n".join(surprises) == ""


def test_every_address_outside_the_cms_has_a_row() -> None:
    rows = {row.name for row in ROWS}
    missing = {
        name for route, name in patterns(get_resolver()) if not route.startswith("cms/") and name not in rows
    }
    assert missing == set()


@pytest.mark.parametrize("who", ["visitor", "learner", "stranger"])
def test_nothing_of_the_cms_is_shown_to_people_without_a_role(
    who: str, world: World, request: pytest.FixtureRequest
) -> None:
    client = browser_of(who, request)
    client.raise_request_exception = False
    shown = {}
    for route, name in patterns(get_resolver()):
        if not route.startswith("cms/") or name in OPEN_CMS_ADDRESSES:
            continue
        for method in ("get", "post"):
            response = getattr(client, method)(f"/{_example(route)}")
            if response.status_code not in {301, 302, 403, 404, 405}:
                shown[f"{method} {route}"] = response.status_code
    assert shown == {}


@pytest.mark.parametrize("who", ["author", "reviewer"])
def test_people_who_write_lessons_see_no_lead_anywhere_in_the_cms(
    who: str, world: World, request: pytest.FixtureRequest
) -> None:
    client = browser_of(who, request)
    client.raise_request_exception = False
    name = world.lead.person.name
    for route, _name in patterns(get_resolver()):
        if route.startswith("cms/"):
            response = client.get(f"/{_example(route)}")
            body = b"".join(chain(response)) if response.status_code == 200 else b""
            assert name.encode() not in body, route


def _example(route: str) -> str:
    """Return an address that a route may stand for."""
    filled = re.sub(r"<(int|str|slug|uuid|path):?[^>]*>", "1", route.replace("^", "").replace("$", ""))
    return re.sub(r"\([^)]*\)", "1", filled).replace("\\", "")
