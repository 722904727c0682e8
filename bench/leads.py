"""Time the admissions desk at 1,000, 100,000 and 1,000,000 leads side by side. Needs PostgreSQL.

    DATABASE_URL=postgres://… .venv/bin/python bench/leads.py [--only list|search|board|report] [--explain]

Makes one database for each number beside the one of DATABASE_URL, named after it, and keeps them; `--drop`
takes them away. A figure is the median of whole requests through the test client of Django; the databases
take turns, so that whatever else the machine does falls on all of them. Prints `name: value` lines. A page
of three leads is written sooner than one of fifty, so `_rows` tells how many there are, and the name of a
ratio whether they are as many as among 1,000.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.test")

import django

django.setup()

import psycopg
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.models import User
from accounts.roles import Role, assign_role, sync_roles
from bench.lead_rows import DROP_SEARCH, MAKE_SEARCH, RARE_NAME, STATEMENTS, TABLES
from courses.models import CoursePage
from enrollment.models import ClosingReason, Lead, LeadTag
from enrollment.pipeline import ensure_pipeline

SIZES = (1_000, 100_000, 1_000_000)
OFFSET = 10_000_000
"""Keys of the made people lie above it."""
OWNERS = 12
TAGS = 8
LIST = "/cms/leads/"
NEXT = re.compile(r"\?after=([^\"&]+)")
LOGIN = "allauth.account.auth_backends.AuthenticationBackend"


def main() -> None:
    options = read_options()
    if connections["default"].vendor != "postgresql":
        sys.exit("Set DATABASE_URL to a PostgreSQL database; SQLite has no trigrams.")
    if options.drop:
        for size in options.sizes:
            with_server(f'DROP DATABASE IF EXISTS "{name_of(size)}"')
        return
    for size in options.sizes:
        make(size)
    desks = {size: Desk(size) for size in options.sizes}
    for name, address in addresses(desks[options.sizes[-1]]):
        if options.only and not name.startswith(options.only):
            continue
        if not exists(address):
            print(f"{name}: no such address yet", flush=True)
            continue
        measure(name, address, desks, runs=options.runs)
        if options.explain:
            desks[options.sizes[-1]].explain(address)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the admissions desk with many leads.")
    parser.add_argument("--only", choices=("list", "search", "board", "report"), default="")
    parser.add_argument("--runs", type=int, default=15, help="requests per address and database")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--explain", action="store_true", help="show the plans at the largest size")
    parser.add_argument("--drop", action="store_true", help="take the databases away and do nothing else")
    return parser.parse_args()


def addresses(desk: "Desk") -> Iterator[tuple[str, str]]:
    """Yield what is measured; values come from the largest database and mean something in every one."""
    with desk.active():
        owner = User.objects.get(email="owner1@example.com").pk
        lead = Lead.objects.filter(person__name=RARE_NAME).prefetch_related("person__contact_points").first()
        assert lead is not None
        phone, email = lead.phone.removeprefix("+91"), lead.email
        yield "list_first_page", LIST
        yield "list_second_page", LIST + "{after}"
        yield "list_by_next_action", f"{LIST}?ordering=next_action_at"
        yield "list_by_answer_due", f"{LIST}?ordering=answer_due_at"
        yield "list_by_name", f"{LIST}?ordering=person__name"
        yield "list_stage", f"{LIST}?stage=qualified"
        yield "list_stage_owner", f"{LIST}?stage=closed&owner={owner}"
        yield "list_late", f"{LIST}?late=true"
        yield "list_not_late", f"{LIST}?late=false"
        yield "list_due", f"{LIST}?due=true"
        yield "list_tag", f"{LIST}?tag={LeadTag.objects.values_list('pk', flat=True)[0]}"
        yield "list_news", f"{LIST}?news=true"
        yield "list_source", f"{LIST}?source=partner"
        yield "list_older_than_30_days", f"{LIST}?age=older-30"
        yield "search_rare_name", f"{LIST}?q={RARE_NAME.split()[0]}"
        yield "search_common_name", f"{LIST}?q=Priya"
        yield "search_full_name", f"{LIST}?q=Lakshmi+Natarajan"
        yield "search_phone", f"{LIST}?q={phone[:5]}+{phone[5:]}"
        yield "search_phone_abroad", f"{LIST}?q=%2B91+{phone[:5]}-{phone[5:]}"
        yield "search_email", f"{LIST}?q={email}"
        yield "search_reference", f"{LIST}?q={lead.reference}"
        yield "search_nothing", f"{LIST}?q=no+such+person"
        yield "search_two_letters", f"{LIST}?q=qz"
        yield "search_name_stage_owner", f"{LIST}?q=Karthik&stage=contacted&owner={owner}"
        yield "search_common_name_ended", f"{LIST}?q=Kumar&open=false"
        yield "search_name_late", f"{LIST}?q=Divya&late=true"
        yield "board", f"{LIST}board/"
        yield "board_mine", f"{LIST}board/?owner={owner}"
        yield "report", f"{LIST}reports/"


def measure(name: str, address: str, desks: dict[int, "Desk"], *, runs: int) -> None:
    """Print the median time at each size, and how many times that of the smallest it is."""
    times: dict[int, list[float]] = {size: [] for size in desks}
    for turn in range(runs + 2):
        for size, desk in desks.items():
            taken = desk.time(address)
            if turn >= 2:
                times[size].append(taken)
    base = median(next(iter(times.values())))
    for size, taken_times in times.items():
        print(f"{name}_{size}_ms: {median(taken_times):.1f}")
        print(f"{name}_{size}_rows: {desks[size].rows}")
    first = desks[next(iter(times))]
    for size, taken_times in list(times.items())[1:]:
        same = "" if desks[size].rows == first.rows else "_with_more_rows"
        print(f"{name}_{size}_ratio{same}: {median(taken_times) / base:.2f}", flush=True)


class Desk:
    """One database with its own open connection, and an admissions lead signed in there."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.connection = connections.create_connection("default")
        self.connection.settings_dict = deepcopy(self.connection.settings_dict)
        self.connection.settings_dict["NAME"] = name_of(size)
        self.client, self.after, self.rows = Client(), "", 0
        with self.active():
            self.client.force_login(User.objects.get(email="owner1@example.com"), backend=LOGIN)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let all of Django speak to this database."""
        before = connections["default"]
        connections["default"] = self.connection
        try:
            yield
        finally:
            connections["default"] = before

    def time(self, address: str) -> float:
        """Return the milliseconds of one request."""
        with self.active():
            filled = self._filled(address)
            begun = perf_counter()
            response = self.client.get(filled)
            taken = (perf_counter() - begun) * 1000
        if response.status_code != 200:
            sys.exit(f"{address}: {response.status_code}")
        self.rows = response.content.count(b"data-lead=")
        return taken

    def explain(self, address: str) -> None:
        """Show how PostgreSQL answers the queries about leads."""
        seen: list[tuple[str, Any]] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if 'FROM "enrollment_lead"' in sql:
                seen.append((sql, params))
            return execute(sql, params, many, context)

        with self.active():
            with self.connection.execute_wrapper(note):
                self.client.get(self._filled(address))
            with self.connection.cursor() as cursor:
                for sql, params in seen:
                    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", params)
                    print("\n".join(f"    {row[0]}" for row in cursor.fetchall()), flush=True)
                    print()

    def _filled(self, address: str) -> str:
        """Return the address with the link to the second page of this database in its place."""
        if "{after}" in address and not self.after:
            found = NEXT.search(self.client.get(LIST).text)
            self.after = f"?after={found[1]}" if found else ""
        return address.replace("{after}", self.after)


def exists(address: str) -> bool:
    try:
        resolve(address.partition("?")[0].replace("{after}", ""))
    except Resolver404:
        return False
    return True


def name_of(size: int) -> str:
    return f"{connections['default'].settings_dict['NAME'].partition('_leads_')[0]}_leads_{size}"


def make(size: int) -> None:
    """Make a database with so many leads unless it is there; an empty one is migrated and copied."""
    if with_server("SELECT 1 FROM pg_database WHERE datname = %s", name_of(size)):
        with bare(size):
            call_command("migrate", verbosity=0)
        return
    if size == 0:
        with_server(f'CREATE DATABASE "{name_of(0)}"')
        with bare(0):
            prepare()
        return
    make(0)
    with_server(f'CREATE DATABASE "{name_of(size)}" TEMPLATE "{name_of(0)}"')
    begun = perf_counter()
    with bare(size):
        fill(size)
    print(f"seeded_{size}_s: {perf_counter() - begun:.0f}", flush=True)


def prepare() -> None:
    """Migrate; make the site with its courses, the people of the desk, tags, stages and reasons."""
    call_command("migrate", verbosity=0)
    call_command("load_demo", verbosity=0)
    sync_roles()
    ensure_pipeline()
    for number in range(1, OWNERS + 1):
        user = User.objects.create_user(f"owner{number}@example.com", name=f"Counsellor {number}")
        assign_role(user, Role.ADMISSIONS_LEAD if number == 1 else Role.ADMISSIONS)
    for number in range(TAGS):
        LeadTag.objects.get_or_create(name=f"Batch {number + 1}")


def fill(size: int) -> None:
    """Write the rows with SQL alone, then let PostgreSQL look at them."""
    owners = User.objects.filter(email__startswith="owner").order_by("pk").values_list("pk", flat=True)
    values = {
        "offset": OFFSET,
        "count": size,
        **array("course", "courses", CoursePage.objects.order_by("pk").values_list("pk", flat=True)),
        **array("owner", "owners", owners),
        **array("reason", "reasons", ClosingReason.objects.values_list("pk", flat=True)),
        **array("tag", "tags", LeadTag.objects.order_by("pk").values_list("pk", flat=True)),
    }
    with connections["default"].cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(DROP_SEARCH)
        cursor.execute("SELECT setseed(0.42)")
        for statement in STATEMENTS:
            cursor.execute(statement.format(**values))
        cursor.execute(MAKE_SEARCH)
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE enrollment_{table}")


def array(singular: str, plural: str, keys: Any) -> dict[str, Any]:
    found = list(keys)
    return {plural: f"ARRAY[{','.join(map(str, found))}]", f"{singular}_count": len(found)}


@contextmanager
def bare(size: int) -> Iterator[None]:
    """Let Django speak to one of the databases, and hang up afterwards."""
    connection = connections["default"]
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name_of(size)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


def with_server(sql: str, *params: Any) -> Any:
    """Run one statement outside the databases of the measurement, and return its first row."""
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        user=settings["USER"] or None,
        password=settings["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as server:
        cursor = server.execute(sql, params or None)
        return cursor.fetchone() if cursor.description else None


if __name__ == "__main__":
    main()
