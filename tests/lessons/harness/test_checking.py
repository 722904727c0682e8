"""What checks say about a program: results, expectations, plain asserts, forms filled in."""

from typing import Any

import pytest

from lessons.harness.asserting import compare
from lessons.harness.checking import run_checks
from lessons.harness.door import MalformedAnswer, SubjectGone
from lessons.harness.expecting import CheckFailed, expect
from tests.lessons.harness.programs import FLASK_BOARD, Program

PAGE = {"status": 200, "reason": "OK", "headers": [["Content-Type", "text/html"]], "body": "<h1>Jobs</h1>",
        "console": "", "trouble": None, "ms": 1}  # fmt: skip


class Answering:
    """A door behind which every message gets the same answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def ask(self, message: dict[str, Any]) -> Any:
        self.asked.append(message)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def results(source: str, answer: Any = PAGE) -> list[dict[str, Any]]:
    return run_checks([{"name": "checks.py", "source": source}], Answering(answer))


def test_results_keep_the_order_and_say_what_was_expected() -> None:
    source = '''
def test_status(app):
    """The home page answers.

    More for authors.
    """
    expect(app.get("/").status, "the status").equals(200)

def helper(app):
    raise RuntimeError

def test_a_heading(app):
    expect(app.get("/").one("h1").text, "the heading").equals("Job board")
'''
    assert results(source) == [
        {"name": "test_status", "title": "The home page answers", "state": "passed", "message": "",
         "expected": None, "got": None},
        {"name": "test_a_heading", "title": "A heading", "state": "failed",
         "message": "The heading is not what it should be.", "expected": "Job board", "got": "Jobs"},
    ]  # fmt: skip


def test_a_page_is_shown_without_its_styles_and_scripts() -> None:
    body = """<!DOCTYPE html>
<html><head><meta name="robots" content="NONE"><title>Page not found</title>
<style>
  html * { padding: 0; }
</style></head>

<body><h1>Page not found</h1><script>start()</script></body></html>"""
    source = "def test_x(app): expect(app.get('/').text, 'the page').contains('Jobs')"

    (result,) = results(source, {"status": 404, "headers": [], "body": body})

    head = "<html><head><title>Page not found</title>\n</head>"
    assert result["got"] == f"<!DOCTYPE html>\n{head}\n<body><h1>Page not found</h1></body></html>"


def test_plain_assert_tells_both_sides() -> None:
    (result,) = results("def test_x(app):\n    assert app.get('/').one('h1').text == 'Job board'")
    assert (result["state"], result["expected"], result["got"]) == ("failed", "Job board", "Jobs")
    assert result["message"] == "This is not so: app.get('/').one('h1').text == 'Job board'."
    (result,) = results("def test_x(app):\n    assert 'Login' in app.get('/').text, 'Show a login.'")
    assert (result["message"], result["expected"]) == ("Show a login.", "something with Login")
    (result,) = results("def test_x(app):\n    assert app.get('/').select('p'), 'Write a paragraph.'")
    assert (result["state"], result["message"]) == ("failed", "Write a paragraph.")
    assert results("def test_x(app):\n    assert 1 < 2\n    assert 1 in [1]")[0]["state"] == "passed"


def test_checks_see_cookies_of_their_own() -> None:
    door = Answering(PAGE)
    source = (
        "def test_a(app):\n    app.get('/')\n    app.visitor('asha').get('/')\ndef test_b(app): app.get('/')"
    )
    run_checks([{"name": "one.py", "source": source}, {"name": "two.py", "source": source}], door)
    assert len({message["jar"] for message in door.asked}) == 6


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"status": "200", "headers": [], "body": ""},
        {"status": True, "headers": [], "body": ""},
        {"status": 200, "headers": ["x"], "body": ""},
        {"status": 200, "headers": [], "body": 5},
        MalformedAnswer("The program's answer can't be read."),
    ],
)
def test_malformed_answer_is_an_error_and_the_next_check_goes_on(answer: Any) -> None:
    first, second = results("def test_a(app): app.get('/')\ndef test_b(app): pass", answer)
    assert first["state"] == "error"
    assert "answer" in first["message"]
    assert second["state"] == "passed"


def test_once_the_program_is_gone_all_other_checks_are_errors() -> None:
    source = "def test_a(app): pass\ndef test_b(app): app.get('/')\ndef test_c(app): pass"
    told = results(source, SubjectGone("The program took too long and was stopped."))
    assert [result["state"] for result in told] == ["passed", "error", "error"]
    assert told[2]["message"] == "The program took too long and was stopped."


@pytest.mark.parametrize(
    "source", ["def broken(:", "raise SystemExit", "import nothing_of_that_name", "x = 1"]
)
def test_check_file_without_usable_checks_is_an_error_never_a_pass(source: str) -> None:
    assert [result["state"] for result in results(source)] == ["error"]


def test_check_that_stops_is_an_error() -> None:
    (result,) = results("def test_x(app): {}['title']")
    assert (result["state"], result["message"]) == ("error", "The check could not finish: KeyError: 'title'.")


def test_check_files_may_import_expect() -> None:
    source = "from harness import expect\ndef test_x(app): expect(1).equals(1)"
    assert results(source)[0]["state"] == "passed"


def test_long_values_are_cut_and_odd_characters_can_be_stored() -> None:
    (result,) = results("def test_x(app): expect('\\ud800' + 'x' * 5_000, 'it').equals('y')")
    assert len(result["got"]) < 700
    assert result["got"].encode().startswith(b"?x")


@pytest.mark.parametrize(
    ("holds", "fails"),
    [
        (lambda: expect((1, [2])).equals([1, (2,)]), lambda: expect(1).equals(True)),
        (lambda: expect({1: "a"}).equals({"1": "a"}), lambda: expect({"a": 1}).equals({"a": 2})),
        (lambda: expect(1).is_not(2), lambda: expect("a").is_not("a")),
        (lambda: expect("x").is_true(), lambda: expect([]).is_true()),
        (lambda: expect("Jobs here").contains("Jobs", "here"), lambda: expect(None).contains("Jobs")),
        (lambda: expect("Jobs").leaves_out("Login"), lambda: expect("Login").leaves_out("Login")),
        (lambda: expect("job 12").matches(r"\d+$"), lambda: expect(12).matches(r"\d")),
        (lambda: expect({"a": 1, "b": 2}).has_keys("a", "b"), lambda: expect({"a": 1}).has_keys("a", "b")),
        (lambda: expect({"a": 1}).has_keys("a"), lambda: expect("a").has_keys("a")),
        (lambda: expect([1]).has_length(1), lambda: expect(5).has_length(1)),
        (lambda: expect(3).is_at_least(3).is_at_most(3), lambda: expect(2).is_at_least(3)),
        (lambda: expect(2.5).is_at_most(3), lambda: expect("2").is_at_most(3)),
        (lambda: expect(302).is_one_of(302, 303), lambda: expect(200).is_one_of(302, 303)),
        (lambda: expect([]).is_a(list), lambda: expect("").is_a(list)),
        (lambda: compare("LtE", 1, 1, lambda: None, ""), lambda: compare("NotIn", 1, [1], lambda: None, "")),
    ],
)
def test_expectation_holds_or_fails(holds: Any, fails: Any) -> None:
    holds()
    with pytest.raises(CheckFailed) as failure:
        fails()
    assert failure.value.message.endswith(".")
    assert failure.value.expected is not None
    assert failure.value.got is not None


def test_missing_keys_are_named() -> None:
    with pytest.raises(CheckFailed, match=r"^The job has no city, pay\.$") as failure:
        expect({"title": "Tester"}, "the job").has_keys("title", "city", "pay")
    assert (failure.value.expected, failure.value.got) == ("title, city, pay", "title")


BOARD_CHECKS = '''
def test_sign_in(app):
    """Signing in greets you"""
    answer = app.submit("/", {"name": "Asha"})
    expect(answer.status, "the status").is_one_of(302, 303)
    expect(answer.location, "the redirect").equals("/")
    page = app.follow(answer)
    expect(page.one("#who").text, "the name").equals("Asha")
    expect(page.one("p.note").text, "the note").equals("Welcome")

def test_fresh_browser(app):
    """Another browser is nobody"""
    assert app.get("/").one("#who").text == "nobody"
    app.visitor("ravi").submit("/", {"name": "Ravi"})
    assert app.visitor("ravi").get("/").one("#who").text == "Ravi"
    assert app.get("/").one("#who").text == "nobody"

def test_no_field(app):
    """The form asks for a city"""
    app.submit("/", {"city": "Madurai"})

def test_json(app):
    """The data has its shape"""
    data = app.get("/api/?city=Madurai").json()
    expect(data, "the data").has_keys("jobs", "query")
    expect(data["jobs"], "the jobs").equals([{"id": 1, "title": "Tester"}])
    assert app.get("/api/").headers["content-type"] == "application/json"
    assert app.put("/echo/", json=[1]).json() == [1]
    assert app.framework == "flask"

def test_not_json(app):
    app.get("/").json()

def test_broken(app):
    """The broken page works"""
    expect(app.get("/broken/").status, "the status").equals(200)

def test_call(app):
    """There is a function total"""
    app.call("total", 1)
'''


def test_checks_of_an_app(program: Program) -> None:
    program.start(FLASK_BOARD)
    told = {result["name"]: result for result in program.check(BOARD_CHECKS)}
    states = {name: result["state"] for name, result in told.items()}
    assert states == {
        "test_sign_in": "passed", "test_fresh_browser": "passed", "test_no_field": "failed",
        "test_json": "passed", "test_not_json": "failed", "test_broken": "failed", "test_call": "failed",
    }  # fmt: skip
    assert told["test_no_field"]["message"] == "The form on / has no field called city."
    assert told["test_no_field"]["got"] == "name, token"
    assert "is not JSON" in told["test_not_json"]["message"]
    assert told["test_broken"]["message"].startswith(
        "The status is not what it should be. Python doesn't know the name"
    )
    assert told["test_broken"]["message"].endswith("(app.py, line 34)")
    assert "no function “total”" in told["test_call"]["message"]


TWO_VISITORS = """
def test_trouble_of_a_visitor(app):
    assert app.visitor("asha").get("/broken/").status == 200
def test_trouble_long_past(app):
    app.get("/broken/")
    assert app.get("/").status == 404
"""


def test_trouble_is_told_with_the_request_that_met_it(program: Program) -> None:
    program.start(FLASK_BOARD)
    visitor, past = program.check(TWO_VISITORS)
    assert "the name “jobs”" in visitor["message"]
    assert "the name “jobs”" not in past["message"]


def test_checks_of_a_script(program: Program) -> None:
    program.start({"main.py": "n = int(input())\nprint(n * 2)\nprint('done')"}, "script")
    source = """
def test_doubles(app):
    assert app.run("4").lines == ["8", "done"]
def test_text(app):
    app.run("four")
"""
    doubled, stopped = program.check(source)
    assert doubled["state"] == "passed"
    assert stopped["state"] == "failed"
    assert stopped["message"] == (
        "The program stopped. int() can't read 'four' as a whole number. (main.py, line 1)"
    )
