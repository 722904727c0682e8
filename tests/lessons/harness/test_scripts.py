"""Programs that print: what they print, read, return and leave behind."""

from tests.lessons.harness.programs import Program


def script(program: Program, source: str, **more: object) -> None:
    assert program.start({"main.py": source}, "script", **more)["ok"]


def run(program: Program, source: str, stdin: str = "") -> dict:
    script(program, source)
    return program.ask({"op": "run", "stdin": stdin})


def test_prints_and_reads_input(program: Program) -> None:
    answer = run(program, 'name = input("Name? ")\nprint("Hello", name)', "Asha\n")
    assert answer == {"console": "Name? Hello Asha\n", "trouble": None}


def test_every_way_of_writing_reaches_the_console(program: Program) -> None:
    source = """
import logging, sys, warnings
print("one", file=sys.stderr)
sys.stdout.buffer.write("zwei\\n".encode())
logging.warning("three")
warnings.warn("four")
"""
    console = run(program, source)["console"]
    for word in ("one", "zwei", "WARNING:root:three", "main.py:6: UserWarning: four"):
        assert word in console


def test_main_guard_runs_and_other_files_are_imported(program: Program) -> None:
    files = {
        "jobs.py": "def title():\n    return 'Tester'",
        "main.py": "import jobs\nif __name__ == '__main__':\n    print(jobs.title())",
    }
    program.start(files, "script", main="main.py")
    assert program.ask({"op": "run"})["console"] == "Tester\n"


def test_second_run_and_second_start_begin_anew(program: Program) -> None:
    files = {
        "main.py": "import count\ncount.up()\nprint(count.n)",
        "count.py": "n = 0\ndef up():\n    global n\n    n += 1",
    }
    program.start(files, "script", main="main.py")
    assert [program.ask({"op": "run"})["console"] for _ in range(2)] == ["1\n", "1\n"]
    program.start(files | {"count.py": "n = 7\ndef up():\n    pass"}, "script", main="main.py")
    assert program.ask({"op": "run"})["console"] == "7\n"


def test_console_is_cut_with_a_line_that_says_so(program: Program) -> None:
    console = run(program, "for _ in range(300_000):\n    print('x' * 9)")["console"]
    assert 200_000 < len(console) < 200_200
    assert console.endswith("cut here: a program may print 200,000 characters at a time.\n")
    assert run(program, "print('again')")["console"] == "again\n"


def test_error_is_told_with_its_line_and_printed_as_python_does(program: Program) -> None:
    answer = run(program, "print('before')\n\nprint(total)\n")
    trouble = answer["trouble"]
    assert (trouble["type"], trouble["file"], trouble["line"]) == ("NameError", "main.py", 3)
    assert answer["console"].startswith(
        'before\nTraceback (most recent call last):\n  File "main.py", line 3'
    )


def test_leaving_is_no_error_unless_a_code_says_so(program: Program) -> None:
    assert run(program, "import sys\nprint(1)\nsys.exit()") == {"console": "1\n", "trouble": None}
    assert "sys.exit(3)" in run(program, "import sys\nsys.exit(3)")["trouble"]["plain"]


def test_nothing_that_is_raised_ends_the_process(program: Program) -> None:
    for source, kind in (
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("class Odd(BaseException): pass\nraise Odd", "Odd"),
        ("def again(): return again()\nagain()", "RecursionError"),
        ("import os\nos._exit(4)", "SystemExit"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "E"),
        ("raise MemoryError", "MemoryError"),
    ):
        assert run(program, source)["trouble"]["type"] == kind
    assert run(program, "print('alive')")["console"] == "alive\n"


def test_functions_are_called_and_their_values_carried(program: Program) -> None:
    source = """
from decimal import Decimal
def total(prices, tax=0):
    print("adding")
    return sum(prices) + tax
def several(): return {"pair": (1, 2), "set": {2, 1}, "money": Decimal("1.50"), "odd": float("nan"), 3: None}
def huge(): return 10 ** 5_000
if __name__ == "__main__":
    print(total([1]))
"""
    script(program, source)
    answer = program.ask({"op": "call", "name": "total", "args": [[1, 2]], "kwargs": {"tax": 3}})
    assert answer == {"value": 6, "console": "adding\n"}
    assert program.ask({"op": "call", "name": "several"})["value"] == {
        "pair": [1, 2], "set": [1, 2], "money": "1.50", "odd": "nan", "3": None,
    }  # fmt: skip
    assert program.ask({"op": "call", "name": "huge"})["value"].startswith("0x")
    assert "no function “tota”" in program.ask({"op": "call", "name": "tota"})["trouble"]["plain"]


def test_function_is_found_in_a_file_named_as_a_module_of_python(program: Program) -> None:
    program.start({"queue.py": "def first(): return 'Asha'"}, "script", main="queue.py")
    assert program.ask({"op": "call", "name": "first"})["value"] == "Asha"


def test_rows_of_its_database_are_read_and_never_written(program: Program) -> None:
    source = """
import sqlite3
with sqlite3.connect("jobs.db") as data:
    data.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, title TEXT)")
    data.execute("INSERT INTO job (title) VALUES ('Tester'), ('Developer')")
"""
    assert run(program, source)["trouble"] is None
    ask = {"op": "rows", "sql": "SELECT id, title FROM job WHERE title = ?", "params": ["Developer"]}
    assert program.ask(ask)["rows"] == [{"id": 2, "title": "Developer"}]
    assert "readonly" in program.ask({"op": "rows", "sql": "DELETE FROM job"})["trouble"]["message"]
    assert "no table “jobs”" in program.ask({"op": "rows", "sql": "SELECT * FROM jobs"})["trouble"]["plain"]


def test_files_that_it_wrote_are_read_but_none_outside(program: Program) -> None:
    assert run(program, "open('out.txt', 'w').write('done')")["trouble"] is None
    assert program.ask({"op": "read", "path": "out.txt"})["text"] == "done"
    for path in ("/etc/hostname", "../harness/__init__.py", "nothing.txt"):
        assert "no file" in program.ask({"op": "read", "path": path})["trouble"]["plain"]


def test_async_program_runs(program: Program) -> None:
    source = """
import asyncio
async def wait(n):
    await asyncio.sleep(0.001 * n)
    return n
async def main():
    print(await asyncio.gather(wait(2), wait(1)))
asyncio.run(main())
"""
    assert run(program, source)["console"] == "[2, 1]\n"


def test_files_with_names_that_lead_out_are_refused(program: Program) -> None:
    for name in ("../evil.py", "/tmp/evil.py", "a/../../evil.py", "", "a\\b.py"):  # noqa: S108
        answer = program.start({name: "1"}, "script")
        assert not answer["ok"]
        assert "file name" in answer["trouble"]["plain"]


def test_message_out_of_turn_is_answered(program: Program) -> None:
    script(program, "x = 1")
    assert "no app" in program.get("/")["trouble"]["plain"]
    assert program.ask({"op": "dance"})["error"] == "There is no such operation."
