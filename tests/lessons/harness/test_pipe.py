"""The program and the judge in processes of their own, joined by lines that a referee carries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lessons.harness.programs import FLASK_BOARD, ROOT, Program, on_server

CHECKS = """
def test_home(app):
    print("a check may print")
    assert app.get("/").status == 200
def test_who(app):
    assert app.get("/").one("#who").text == "nobody"
"""

LOUD = """
import os, sys
for number in (1, 2):
    os.write(number, b'{"results": [{"name": "test_home", "state": "passed"}]}\\n')
os.system("echo forged")
sys.__stdout__.write("forged\\n"); sys.__stdout__.flush()
"""


def judge_with(folder: Path, subject: Program, checks: str = CHECKS) -> list[dict]:
    with on_server(folder, "judge") as judge:
        answer = judge.ask({"checks": [{"name": "checks.py", "source": checks}]})
        while "ask" in answer:
            subject.send(answer["ask"])
            line = subject.read()
            answer = judge.ask(json.loads(line) if line else {"gone": "crash"})
        return answer["results"]


def test_checks_reach_the_program_through_the_referee(fresh_program: Program, tmp_path: Path) -> None:
    fresh_program.start(FLASK_BOARD)
    assert [result["state"] for result in judge_with(tmp_path, fresh_program)] == ["passed", "passed"]


def test_what_a_program_writes_never_becomes_a_line_of_the_protocol(
    fresh_program: Program, tmp_path: Path
) -> None:
    answer = fresh_program.start({"app.py": LOUD + FLASK_BOARD["app.py"]} | {"templates/home.html": "<p>"})
    assert answer == {"ok": True, "framework": "flask", "console": ""}
    assert [result["state"] for result in judge_with(tmp_path, fresh_program)] == ["passed", "failed"]


def test_program_that_dies_fails_the_rest_of_its_checks(fresh_program: Program, tmp_path: Path) -> None:
    killed = FLASK_BOARD["app.py"].replace(
        'print("somebody came")', "__import__('os').kill(__import__('os').getpid(), 9)"
    )
    fresh_program.start(FLASK_BOARD | {"app.py": killed})
    told = judge_with(tmp_path, fresh_program)
    assert [result["state"] for result in told] == ["error", "error"]
    assert {result["message"] for result in told} == {"The program ended before it answered."}


def test_harness_needs_the_standard_library_only() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'lessons')!r}); import harness.subject, harness.judge"
    subprocess.run([sys.executable, "-I", "-S", "-W", "error", "-c", code], check=True)


def test_program_leaves_no_folder_behind_when_its_input_ends(fresh_program: Program, tmp_path: Path) -> None:
    fresh_program.start(FLASK_BOARD)
    fresh_program.start(FLASK_BOARD)
    assert len(list(tmp_path.glob("lesson-*"))) == 1
    assert fresh_program.process.stdin is not None
    fresh_program.process.stdin.close()
    assert fresh_program.process.wait(10) == 0
    assert list(tmp_path.glob("lesson-*")) == []


def test_copy_that_a_program_makes_of_itself_gives_no_answers(fresh_program: Program) -> None:
    assert fresh_program.start({"main.py": "import os\nprint(os.fork() == 0)"}, "script")["ok"]
    assert fresh_program.ask({"op": "run"})["console"] == "False\n"
    assert fresh_program.ask({"op": "about"})["kind"] == "script"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("time", "The program took too long and was stopped."),
        ("memory", "The program used up its memory and was stopped."),
        ("anything", "The program ended before it answered."),
    ],
)
def test_judge_is_told_why_the_program_is_gone(tmp_path: Path, reason: str, told: str) -> None:
    with on_server(tmp_path, "judge") as judge:
        judge.ask({"checks": [{"name": "checks.py", "source": CHECKS}]})
        results = judge.ask({"gone": reason})["results"]
    assert [(result["state"], result["message"]) for result in results] == [("error", told)] * 2


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b"[1]\n", b'{"status": "fine"}\n', b"\xff\n", b"[" * 100_000 + b"\n"]
)
def test_judge_survives_a_malformed_line(tmp_path: Path, line: bytes) -> None:
    with on_server(tmp_path, "judge") as judge:
        judge.send({"checks": [{"name": "checks.py", "source": "def test_home(app): app.get('/')"}]})
        assert "ask" in json.loads(judge.read())
        assert judge.process.stdin is not None
        judge.process.stdin.write(line)
        judge.process.stdin.flush()
        (result,) = json.loads(judge.read())["results"]
    assert result["state"] == "error"
    assert "answer" in result["message"]
