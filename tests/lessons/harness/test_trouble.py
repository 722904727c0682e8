"""Common mistakes of beginners, each told in one plain sentence with file and line."""

import pytest

from tests.lessons.harness.programs import SETTINGS, Program

FLASK = "from flask import Flask, render_template, request, url_for\napp = Flask(__name__)\n"
VIEW = FLASK + "@app.get('/')\ndef home():\n    return "

SCRIPTS = [
    ("if True\n    print(1)", "SyntaxError", 1, "A colon is missing at the end of this line."),
    ("print('one)\n", "SyntaxError", 1, "no closing quote"),
    ("x = (1,\nprint(x)", "SyntaxError", 1, "never closed"),
    ("x = 1)", "SyntaxError", 1, "never opened"),
    ("if x = 1:\n    pass", "SyntaxError", 1, "write =="),
    ("print 'one'", "SyntaxError", 1, "print needs brackets"),
    ("x = [1 2]", "SyntaxError", 1, "comma is missing"),
    ("return 5", "SyntaxError", 1, "outside a function"),
    ("x = “one”", "SyntaxError", 1, "curly quote"),
    ("def f():\nprint(1)", "IndentationError", 2, "must be indented by four spaces"),
    ("x = 1\n  y = 2", "IndentationError", 2, "indented further"),
    ("if 1:\n    x = 1\n  y = 2", "IndentationError", 3, "Line it up"),
    ("if 1:\n\tx = 1\n        y = 2", "TabError", 3, "Tabs and spaces"),
    ("total = 1\nprint(totl)", "NameError", 2, "Did you mean “total”?"),
    ("print(zzz)", "NameError", 1, "define or import it"),
    ("def f():\n    print(n)\n    n = 1\nf()", "UnboundLocalError", 2, "before it has a value"),
    ("import pandaz", "ModuleNotFoundError", 1, "no module “pandaz”"),
    ("import jobz", "ModuleNotFoundError", 1, "Did you mean “jobs”?"),
    ("from math import sqr", "ImportError", 1, "Did you mean “sqrt”?"),
    ("[].push(1)", "AttributeError", 1, "“list” has nothing called “push”"),
    ("[].sorted()", "AttributeError", 1, "“list” has nothing called “sorted”"),
    ("None.title", "AttributeError", 1, "is None"),
    ("def f(a, b): pass\nf(1)", "TypeError", 2, "leaves out 'b'"),
    ("def f(a): pass\nf(1, 2)", "TypeError", 2, "takes 1 values, but 2 were given"),
    ("def f(a): pass\nf(b=1)", "TypeError", 2, "no parameter “b”"),
    ("'a' + 1", "TypeError", 1, "+ can't join str and int"),
    ("1 + 'a'", "TypeError", 1, "+ doesn't work between int and str"),
    ("None[0]", "TypeError", 1, "This value is None"),
    ("x = 'a'\nx()", "TypeError", 2, "A str can't be called"),
    ("'a' < 1", "TypeError", 1, "can't compare str with int"),
    ("import json\njson.dumps({1, 2})", "TypeError", 2, "set can't be written as JSON"),
    ("{'a': 1}['b']", "KeyError", 1, "no key 'b'"),
    ("[1][3]", "IndexError", 1, "Positions start at 0"),
    ("int('ten')", "ValueError", 1, "can't read 'ten' as a whole number"),
    ("a, b = 1, 2, 3", "ValueError", 1, "number of names"),
    ("1 / 0", "ZeroDivisionError", 1, "divides by zero"),
    ("def f(): return f()\nf()", "RecursionError", 1, "calls itself without end"),
    ("input()", "EOFError", 1, "asks for more input"),
    ("open('nothing.txt')", "FileNotFoundError", 1, "no file “nothing.txt”"),
    ("assert 1 == 2", "AssertionError", 1, "assert in the program failed"),
    ("class Sad(Exception): pass\nraise Sad('so')", "Sad", 2, "stopped with Sad: so"),
]

FLASK_APPS = [
    (VIEW + "None", "TypeError", None, None, "The view “home” returned nothing"),
    (VIEW + "render_template('home.htm')", "TemplateNotFound", "app.py", 5, "no template “home.htm”"),
    (VIEW + "render_template('loose.html')", "TemplateNotFound", "app.py", 5, "there is “loose.html”"),
    (VIEW + "render_template('open.html')", "TemplateSyntaxError", "templates/open.html", 1, "never closed"),
    (VIEW + "render_template('deep.html')", "UndefinedError", "templates/deep.html", 2, "was not given"),
    (VIEW + "url_for('hom')", "BuildError", "app.py", 5, "no view function called “hom”"),
    (VIEW + "request.args['x'] + nope", "NameError", "app.py", 5, "the name “nope”"),
]
TABLE = """\
import sqlite3
data = sqlite3.connect(":memory:")
data.execute("CREATE TABLE job (title UNIQUE NOT NULL)")
"""
TEMPLATES = {
    "loose.html": "",
    "templates/open.html": "{% for job in jobs %}",
    "templates/deep.html": "<p>\n{{ job.title.upper() }}",
}

DJANGO = """\
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
"""
DJANGO_APPS = [
    (DJANGO + "urlpattern = []", "ImproperlyConfigured", None, None, "a list called urlpatterns"),
    (
        DJANGO + "def home(request):\n    HttpResponse('x')\nurlpatterns = [path('', home)]",
        "ValueError", None, None, "The view “home” must return a response",
    ),
    (
        DJANGO + "def home(request):\n    return redirect('job', number=1)\nurlpatterns = [path('', home)]",
        "NoReverseMatch", "jobboard/urls.py", 5, "No path is named “job”",
    ),
    (
        DJANGO + "def home(asked):\n    return render(asked, 'home.html')\nurlpatterns = [path('', home)]",
        "TemplateDoesNotExist", "jobboard/urls.py", 5, "no template “home.html”",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "kind", "line", "plain"), SCRIPTS, ids=[case[0][:20] for case in SCRIPTS])
def test_script(program: Program, source: str, kind: str, line: int, plain: str) -> None:
    program.start({"main.py": source, "jobs.py": ""}, "script", main="main.py")
    told = program.ask({"op": "run", "stdin": ""})["trouble"]
    assert (told["type"], told["file"], told["line"]) == (kind, "main.py", line)
    assert plain in told["plain"]
    assert kind in told["trace"]


@pytest.mark.parametrize("case", FLASK_APPS)
def test_flask(program: Program, case: tuple[str, str, str | None, int | None, str]) -> None:
    source, kind, file, line, plain = case
    assert program.start({"app.py": source} | TEMPLATES)["ok"]
    answer = program.get("/?x=1")
    told = answer["trouble"]
    assert answer["status"] == 500
    assert (told["type"], told["file"], told["line"]) == (kind, file, line)
    assert plain in told["plain"]


@pytest.mark.parametrize("case", DJANGO_APPS)
def test_django(fresh_program: Program, case: tuple[str, str, str | None, int | None, str]) -> None:
    source, kind, file, line, plain = case
    templates = "TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates'}]"
    files = {"jobboard/settings.py": SETTINGS + templates, "jobboard/urls.py": source}
    assert fresh_program.start(files)["ok"]
    told = fresh_program.get("/")["trouble"]
    assert (told["type"], told["file"], told["line"]) == (kind, file, line)
    assert plain in told["plain"]


def test_database_refusals_are_told_by_their_columns(program: Program) -> None:
    for sql, plain in (
        ("INSERT INTO job (title) VALUES (NULL)", "“job.title” must have a value"),
        ("INSERT INTO job (title) VALUES ('a'), ('a')", "the same “job.title”"),
        ("INSERT INTO jab (title) VALUES ('a')", "no table “jab”"),
        ("SELECT titel FROM job", "no column “titel”"),
        ("SELEC * FROM job", "near “SELEC”"),
    ):
        source = f"{TABLE}data.execute({sql!r})"
        program.start({"main.py": source}, "script")
        assert plain in program.ask({"op": "run"})["trouble"]["plain"]


def test_a_missing_setting_is_told_before_the_first_request(fresh_program: Program) -> None:
    answer = fresh_program.start(
        {"jobboard/settings.py": "ROOT_URLCONF = 'jobboard.urls'\nINSTALLED_APPS = ['jops']"}
    )
    assert answer["ok"] is False
    assert "no module “jops”" in answer["trouble"]["plain"]


def test_the_cause_in_the_learners_file_is_found_behind_a_library(program: Program) -> None:
    reading = "import json\n\nwith open('data.json') as file:\n    json.load(file)"
    files = {"main.py": "import first", "first.py": reading, "data.json": "{broken"}
    program.start(files, "script", main="main.py")
    told = program.ask({"op": "run"})["trouble"]
    assert (told["type"], told["file"], told["line"]) == ("JSONDecodeError", "first.py", 4)
    assert 'File "json/' in told["trace"]
    assert "harness" not in told["trace"]
