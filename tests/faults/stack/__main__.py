"""The fault suite: `make test-faults`. Prints the fault table and writes it to var/; see docs/faults.md.

    python -m tests.faults.stack [--short] [--only LANE ...]

Exit status 1 when a goal was missed, a lane failed or the limit was reached.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.stack import guard
from tests.faults.stack.engines import ROOT, Postgres
from tests.faults.stack.lane import LANES, environment_of
from tests.faults.stack.table import render

LIMIT = {"full": 570, "short": 150}
"""Seconds after which the lanes are ended, whatever is missing; ending them takes a few more."""


def start_guard(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, guard.__file__, str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def make_template(folder: Path) -> None:
    """Make the stopped, migrated cluster that every lane copies."""
    postgres = Postgres(folder / "template")
    postgres.create()
    postgres.start(fsync="off", synchronous_commit="off", full_page_writes="off")
    environment = os.environ | environment_of(
        folder, database=postgres.url, redis="redis://127.0.0.1:1/0", mail="smtp://127.0.0.1:1"
    )
    for command in (["migrate", "--verbosity=0"], ["sync_roles"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    postgres.stop()


def run_lanes(folder: Path, *, size: str, only: list[str], deadline: float) -> tuple[list[dict], list[str]]:
    """Run the lanes side by side; return the rows and what went wrong."""
    lanes = {}
    for name, sizes in LANES.items():
        if not sizes[size] or (only and name not in only):
            continue
        (folder / name).mkdir()
        command = [sys.executable, "-m", "tests.faults.stack.lane", name, str(folder / name), size]
        with (folder / name / "lane.log").open("wb") as log:
            lanes[name] = subprocess.Popen(
                command, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL, stderr=log
            )
    problems = []
    for name, lane in lanes.items():
        try:
            if lane.wait(max(0, deadline - time.monotonic())):
                said = (folder / name / "lane.log").read_text().strip().splitlines()
                problems.append(f"the lane “{name}” failed: {said[-1] if said else lane.returncode}")
        except subprocess.TimeoutExpired:
            problems.append(f"the lane “{name}” had not ended at the limit")
    rows = [
        json.loads(line)
        for name in lanes
        if (folder / name / "rows").exists()
        for line in (folder / name / "rows").read_text().splitlines()
    ]
    return rows, problems


def keep_logs(folder: Path, var: Path) -> None:
    """Put what the processes said where it can be read afterwards."""
    kept = var / "fault-logs"
    kept.mkdir(exist_ok=True)
    for log in folder.glob("*/*.log"):
        (kept / f"{log.parent.name}-{log.name}").write_bytes(log.read_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.stack", description="The fault suite.")
    parser.add_argument("--short", action="store_true", help="the selection for CI")
    parser.add_argument("--only", nargs="*", default=[], choices=LANES, help="only these lanes")
    options = parser.parse_args()
    size = "short" if options.short else "full"
    begun = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    var = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve()
    var.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    folder.chmod(0o755)
    os.environ[guard.MARK] = str(folder)
    watching = start_guard(folder)
    try:
        print("Starting the engines and migrating", flush=True)  # noqa: T201
        make_template(folder)
        rows, problems = run_lanes(folder, size=size, only=options.only, deadline=begun + LIMIT[size])
        keep_logs(folder, var)
    finally:
        watching.stdin.close()
        watching.wait()
    table = render(rows, problems, seconds=time.monotonic() - begun)
    (var / "faults.md").write_text(table)
    print(f"\n{table}")  # noqa: T201
    missed = problems or any(row["problems"] for row in rows)
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
