"""Send 1,000 enquiries twice each, both copies at the same moment, and count what came of them.

    DATABASE_URL=postgres://… .venv/bin/python bench/doubled_posts.py [--keys 1000] [--pairs 8]

Runs in a database of its own, made beside the one of DATABASE_URL and dropped at the end. The posts go
through the whole of Django, two threads for each pair of copies, which wait for each other before each post.
Every sender has an own network address, so that the limit of posts per address is not what is measured.
Prints `name: value` lines.
"""

import argparse
import os
import sys
from pathlib import Path
from threading import Barrier, Thread
from time import perf_counter
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.test")

import django

django.setup()

from django.db import connection, connections
from django.test import Client
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from enrollment.models import Lead, LeadEvent, Person, Submission
from outbox.models import Message


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=8, help="copies on their way at the same time")
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("Set DATABASE_URL to a PostgreSQL database; SQLite takes one writer at a time.")
    setup_test_environment(debug=False)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        began = perf_counter()
        answers = send(options.keys, pairs=options.pairs)
        report(answers, seconds=perf_counter() - began)
    finally:
        teardown_databases(databases, verbosity=0)


def send(keys: int, *, pairs: int) -> dict[int, list[str]]:
    """Post every key twice and return where each copy was led to, or its status, by number."""
    answers: dict[int, list[str]] = {number: [] for number in range(keys)}
    posts = {number: enquiry(number) for number in range(keys)}

    def run(mine: range, barrier: Barrier) -> None:
        client = Client(raise_request_exception=False)
        for number in mine:
            barrier.wait()
            response = client.post("/enquire/", posts[number], **sender(number))
            answers[number].append(response.headers.get("Location", str(response.status_code)))
        connections.close_all()

    threads = []
    for first in range(pairs):
        mine, barrier = range(first, keys, pairs), Barrier(2)
        threads += [Thread(target=run, args=(mine, barrier)) for _copy in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def enquiry(number: int) -> dict[str, str]:
    return {
        "name": f"Asha Kumar {number}",
        "email": f"asha{number}@example.com",
        "phone": f"+91{9_000_000_000 + number}",
        "contact_by": "whatsapp",
        "message": "When does the next group start?",
        "key": str(uuid4()),
    }


def sender(number: int) -> dict[str, str]:
    return {"REMOTE_ADDR": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"}


def report(answers: dict[int, list[str]], *, seconds: float) -> None:
    """Print the counts, and end with an error when a key made anything but one lead."""
    told_alike = sum(len(set(places)) == 1 and len(places) == 2 for places in answers.values())
    figures = {
        "posts": sum(map(len, answers.values())),
        "keys": len(answers),
        "leads": Lead.everything.count(),
        "people": Person.objects.count(),
        "submissions": Submission.objects.count(),
        "acknowledgements": Message.objects.count(),
        "enquiries on timelines": LeadEvent.objects.filter(kind="enquiry").count(),
        "keys whose two copies were told the same number": told_alike,
        "posts per second": round(2 * len(answers) / seconds),
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    counted = [value for name, value in figures.items() if name not in {"posts", "posts per second"}]
    if set(counted) != {len(answers)}:
        sys.exit("A key made more or less than one lead.")


if __name__ == "__main__":
    main()
