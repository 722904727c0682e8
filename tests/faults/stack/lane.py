"""One lane of the suite: a stack of its own and the scenarios that share it, one after the other.

    python -m tests.faults.stack.lane NAME FOLDER full|short

Writes a line of JSON for each row of the fault table to FOLDER/rows.
"""

import dataclasses
import importlib
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.stack.engines import Beat, Postgres, Redis, Sink, Workers

if TYPE_CHECKING:
    from tests.faults.stack.rows import Row

APP_SECRET = "not-a-secret"
Scenario = Callable[["Stack"], "Iterator[Row]"]
LANES: dict[str, dict[str, list[str]]] = {
    "processes": {
        "full": ["processes.pool_children", "processes.workers", "processes.beat", "processes.two_beats"],
        "short": ["processes.pool_children"],
    },
    "engines": {
        "full": [
            "engines.flush",
            "engines.redis_restart",
            "engines.redis_away",
            "engines.postgres",
            "people.opting_out",
            "people.webhooks",
            "sequences.runs",
        ],
        "short": ["engines.flush", "engines.postgres"],
    },
    "wire": {
        "full": ["wire.refusals", "wire.unclear_outages", "wire.outages"],
        "short": [],
    },
    "rows": {"full": ["points.every_row"], "short": []},
    "clock": {"full": ["clock.steps"], "short": []},
    "control": {"full": ["control.naive"], "short": ["control.naive"]},
}
"""Which scenarios each lane runs: module.function below tests.faults.stack.scenarios."""


@dataclass
class Stack:
    """What a scenario works with."""

    folder: Path
    postgres: Postgres
    redis: Redis
    sink: Sink
    workers: Workers
    beat: Beat | None
    is_short: bool

    def times(self, full: int, short: int) -> int:
        return short if self.is_short else full

    def say(self, text: str) -> None:
        print(f"  {self.folder.name:<10}{text}", flush=True)  # noqa: T201


def environment_of(folder: Path, *, database: str, redis: str, mail: str) -> dict[str, str]:
    """Return what production reads from its environment."""
    return {
        "DJANGO_SETTINGS_MODULE": "lms.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "EMAIL_URL": mail,
        "DEFAULT_FROM_EMAIL": "admissions@example.com",
        "SITE_URL": "http://localhost",
        "ALLOWED_HOSTS": "localhost",
        "GRADER": "off",
        "WHATSAPP_TOKEN": "no-token",
        "WHATSAPP_PHONE_ID": "1",
        "WHATSAPP_APP_SECRET": APP_SECRET,
        "WHATSAPP_VERIFY_TOKEN": "no-token",
        "VAR_DIR": str(folder),
    }


def build(name: str, folder: Path, template: Path, *, is_short: bool) -> Stack:
    """Start the stack of a lane; the product's workers and beat unless it is the control's."""
    postgres = Postgres(folder / "data")
    postgres.copy_of(template)
    postgres.start()
    redis = Redis(folder)
    redis.start()
    sink = Sink(folder)
    os.environ |= environment_of(folder, database=postgres.url, redis=redis.url, mail=sink.url)
    workers = Workers(folder)
    os.environ["LOG_LEVEL"] = "WARNING"  # what this process logs; the product's own keep theirs
    beat = None
    if name != "control":
        workers.start(2)
        beat = Beat(folder)
        import django

        django.setup()
        workers.wait_until_ready()
        threading.Thread(target=workers.supervise, daemon=True).start()
    return Stack(folder, postgres, redis, sink, workers, beat, is_short)


def main(name: str, folder: Path, size: str) -> None:
    stack = build(name, folder, folder.parent / "template", is_short=size == "short")
    with (folder / "rows").open("a") as rows:
        for scenario in LANES[name][size]:
            module, _, function = scenario.partition(".")
            run: Scenario = getattr(
                importlib.import_module(f"tests.faults.stack.scenarios.{module}"), function
            )
            begun = time.monotonic()
            for row in run(stack):
                if ended := stack.workers.ended_by_themselves:
                    row.note(f"{ended} workers ended by themselves and were started again")
                    stack.workers.ended_by_themselves = 0
                rows.write(json.dumps(dataclasses.asdict(row)) + "\n")
                rows.flush()
                stack.say(row.in_short())
            stack.say(f"{scenario} took {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
