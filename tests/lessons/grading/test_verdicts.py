"""What the grader says of programs that pass, fail, and are watched by checks that they can't see."""

import threading

import pytest

from lessons.grading import Job, referee, run_example
from lessons.grading.bubblewrap import Bubblewrap
from lessons.grading.graders import Grader
from tests.lessons.grading.programs import DJANGO, FLASK, QUICK, app_job, everything_said, script_job

pytestmark = pytest.mark.enable_socket  # the service's, on this machine


@pytest.mark.parametrize("source", [FLASK, DJANGO], ids=["Flask", "Django"])
def test_one_check_file_passes_the_same_app_in_both_frameworks(grader: Grader, source: str) -> None:
    verdict = grader.grade(app_job(source))

    assert (verdict.outcome, verdict.reason) == ("passed", "")
    assert [(result["title"], result["state"]) for result in verdict.results] == [
        ("The home page has a heading", "passed"),
        ("The list of jobs is JSON", "passed"),
    ]


def test_a_failing_check_says_what_was_expected_and_what_came(grader: Grader) -> None:
    verdict = grader.grade(app_job(FLASK.replace("count=2", "count=3")))

    assert (verdict.outcome, verdict.reason) == ("failed", "")
    home, jobs = verdict.results
    assert home["state"] == "passed"
    assert (jobs["state"], jobs["expected"], jobs["got"]) == ("failed", "2", "3")


def test_a_program_that_does_not_start_fails_and_says_where(grader: Grader) -> None:
    verdict = grader.grade(app_job("import flask\napp = flask.Flask(__name__\n"))

    assert (verdict.outcome, verdict.reason) == ("failed", "")
    assert {result["state"] for result in verdict.results} <= {"failed", "error"}
    assert "app.py" in everything_said(verdict)


def test_what_a_program_prints_is_kept_and_fit_for_the_database(grader: Grader) -> None:
    verdict = grader.grade(script_job('print("Hello\\0 there \\ud800")'))

    assert verdict.outcome == "passed"
    assert verdict.console.startswith("Hello")
    assert "\0" not in verdict.console
    verdict.console.encode()


def test_checks_are_nowhere_that_the_program_can_look(grader: Grader) -> None:
    marker = "marker-of-the-hidden-check"
    checks = f'def test_runs(app):\n    """Runs."""\n    app.run()\n    assert "{marker}"\n'
    source = f"""
import gc, os, sys
marker = "{marker[::-1]}"[::-1]
things = [thing for thing in gc.get_objects() if isinstance(thing, (dict, list, tuple))]
texts = [text for thing in things for text in (list(thing.values()) if isinstance(thing, dict) else thing)]
found = [text for text in texts if type(text) is str and marker in text and text is not marker]
for top in ("/tmp", "/harness", "/packages/flask", "/var", "/run", "/dev"):
    for folder, _, names in os.walk(top):
        for name in names:
            try:
                text = open(os.path.join(folder, name), errors="replace").read(100_000)
            except OSError:
                continue
            if marker in text:
                found.append(name)
print("found:", found, marker in " ".join(sys.argv))
"""
    verdict = grader.grade(script_job(source, checks))

    assert verdict.outcome == "passed"
    assert verdict.console.strip() == "found: [] False"


def test_a_job_without_checks_is_refused() -> None:
    with pytest.raises(ValueError, match="without checks"):
        Job({"app.py": FLASK}, "app", ())


def test_two_jobs_side_by_side_see_nothing_of_each_other(grader: Grader) -> None:
    source = """
import os, tempfile, time
own = os.environ["TMPDIR"]
open(os.path.join(own, "mine-NAME"), "w").close()
time.sleep(1)
seen = [name for name in os.listdir(own) if name.startswith("mine")]
try:
    seen += os.listdir(os.path.dirname(own)) if os.path.dirname(own) != "/" else []
except OSError:
    pass
try:
    seen += [entry for entry in os.listdir("/proc") if entry.isdigit()]
except OSError:
    pass
print(seen)
"""
    verdicts = {}
    grader.status()

    def run(name: str) -> None:
        verdicts[name] = grader.grade(script_job(source.replace("NAME", name)))

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {name: verdict.console.strip() for name, verdict in verdicts.items()} == {
        "a": "['mine-a']",
        "b": "['mine-b']",
    }


def test_an_example_answers_to_the_requests_of_its_lesson(grader: Grader) -> None:
    run = grader.run_example({"app.py": FLASK}, "app", [{"method": "GET", "path": "/jobs.json"}])

    assert run.ok
    assert '"count":2' in run.responses[0]["body"].replace(" ", "")


def test_what_an_example_answers_can_be_stored(grader: Grader) -> None:
    home = "@app.get('/')\ndef home():\n    return '\\0' * 200_000"
    app = f"from flask import Flask\napp = Flask(__name__)\n\n{home}"

    run = grader.run_example({"app.py": app}, "app", [{"method": "GET", "path": "/"}])

    assert run.ok
    body = run.responses[0]["body"]
    assert "\0" not in body
    assert 0 < len(body) <= referee.LONGEST_KEPT


def test_a_failing_example_tells_its_trouble(grader: Grader) -> None:
    run = grader.run_example({"main.py": "print('so far')\n1 / 0\n"}, "script", [])

    assert not run.ok
    assert run.trouble
    assert (run.trouble["type"], run.trouble["line"]) == ("ZeroDivisionError", 2)
    assert run.console.startswith("so far")


def test_an_endless_example_is_stopped(engine: Bubblewrap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referee, "EXAMPLE_LIMITS", QUICK)

    run = referee.run_example({"app.py": "while True:\n    pass\n"}, "app", [{"path": "/"}], engine)

    assert not run.ok
    assert run.trouble
    assert run.trouble["type"] == "TimeLimit"


@pytest.mark.usefixtures("engine")
def test_the_functions_of_the_package_use_the_engine_of_this_machine() -> None:
    run = run_example({"main.py": "print(6 * 7)"}, "script", [])

    assert run.console.strip() == "42"
