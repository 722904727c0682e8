"""Apps of Flask, of Django and of plain WSGI: found, started, asked."""

import pytest

from tests.lessons.harness.programs import DJANGO_BOARD, DJANGO_CHECKS, FLASK_BOARD, SETTINGS, Program

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
HELLO = "@app.get('/')\ndef home():\n    return 'Hello'\n"
FACTORY = """
from flask import Flask

def create_app(test_config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        return "Hello"

    return app
"""
PLAIN_WSGI = """
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"Hello"]
"""
ENDLESS = (
    FLASK
    + """
@app.get("/")
def home():
    def lines():
        while True:
            yield "x" * 50_000
    return lines()
"""
)
HASHING = """
from werkzeug.security import check_password_hash, generate_password_hash

kept = generate_password_hash("secret")
print(kept[:19], check_password_hash(kept, "secret"))
"""


def header(answer: dict, name: str) -> str | None:
    return {key.lower(): value for key, value in answer["headers"]}.get(name.lower())


def line_of(files: dict[str, str], name: str, source: str) -> int:
    return next(number for number, line in enumerate(files[name].splitlines(), 1) if source in line)


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": f"from flask import Flask\napp = Flask(__name__)\n{HELLO}app.run(debug=True)"},
        {"wsgi.py": f"from flask import Flask\napplication = app = Flask(__name__)\n{HELLO}"},
        {"board.py": f"from flask import Flask\nboard = app = Flask(__name__)\n{HELLO}del app"},
        {"flaskr/__init__.py": FACTORY},
        {"server.py": PLAIN_WSGI},
    ],
    ids=["app.run at the end", "wsgi.py", "any name", "factory in a package", "plain WSGI"],
)  # fmt: skip
def test_app_is_found(program: Program, files: dict[str, str]) -> None:
    assert program.start(files)["ok"]
    answer = program.get("/")
    assert (answer["status"], answer["body"], answer["trouble"]) == (200, "Hello", None)


def test_no_app_is_said_in_plain_words(program: Program) -> None:
    answer = program.start({"app.py": "x = 1"})
    assert answer["ok"] is False
    assert "app = Flask(__name__)" in answer["trouble"]["plain"]
    assert "app = Flask(__name__)" in answer["console"]


def test_app_that_fails_while_it_is_imported(program: Program) -> None:
    answer = program.start({"app.py": "from flask import Flask\n\napp = Flask(__nam__)"})
    assert answer["ok"] is False
    assert (answer["trouble"]["type"], answer["trouble"]["line"]) == ("NameError", 3)
    assert "Did you mean" in answer["trouble"]["plain"]
    assert 'File "app.py", line 3' in answer["console"]


def test_starting_a_server_is_not_needed_and_said(program: Program) -> None:
    answer = program.start(FLASK_BOARD | {"app.py": FLASK_BOARD["app.py"] + "\napp.run()\n"})
    assert answer == {"ok": True, "framework": "flask", "console": answer["console"]}
    assert answer["console"].startswith("app.run() is not needed here")


def test_requests_carry_forms_json_queries_headers_and_cookies(program: Program) -> None:
    program.start(FLASK_BOARD)
    assert program.get("/")["console"] == "somebody came\n"
    form = {
        "op": "request",
        "method": "POST",
        "path": "/sign-in/",
        "form": [["token", "t1"], ["name", "Ásha"]],
    }
    answer = program.ask(form)
    assert (answer["status"], answer["reason"], header(answer, "Location")) == (302, "FOUND", "/")
    assert "Ásha" in program.get("/")["body"]
    other = program.ask({"op": "request", "method": "GET", "path": "/", "jar": "other"})
    assert "nobody" in other["body"]
    echo = {"op": "request", "method": "PUT", "path": "http://localhost:5000/echo/", "json": {"a": [1]}}
    assert program.ask(echo)["body"].strip() == '{"a":[1]}'
    assert '"q":"caf\\u00e9 &"' in program.get("/api/?q=caf%C3%A9%20%26")["body"]
    assert program.get("/nowhere/")["status"] == 404
    assert program.ask({"op": "request", "method": "DELETE", "path": "/"})["status"] == 405


def test_address_elsewhere_is_not_sent_anywhere(program: Program) -> None:
    program.start(FLASK_BOARD)
    assert "leads out" in program.get("https://example.com/")["trouble"]["plain"]


@pytest.mark.parametrize("debug", ["False", "True"])
def test_unhandled_exception_is_a_500_with_its_line(program: Program, debug: str) -> None:
    program.start(FLASK_BOARD | {"app.py": FLASK_BOARD["app.py"] + f"\napp.debug = {debug}\n"})
    answer = program.get("/broken/")
    trouble = answer["trouble"]
    assert answer["status"] == 500
    assert "Internal Server Error" in answer["body"]
    line = line_of(FLASK_BOARD, "app.py", "return jobs[0]")
    assert (trouble["type"], trouble["file"], trouble["line"]) == ("NameError", "app.py", line)
    assert f'File "app.py", line {line}, in broken' in answer["console"]
    assert program.get("/")["trouble"] is None


def test_endless_answer_is_cut(program: Program) -> None:
    program.start({"app.py": ENDLESS})
    answer = program.get("/")
    assert len(answer["body"]) == 2_000_000
    assert "cut" in answer["console"]


def test_app_that_asks_the_keyboard_is_told_to_use_the_request(program: Program) -> None:
    program.start({"app.py": FLASK + HELLO.replace("'Hello'", "input()")})
    assert "can't wait for input()" in program.get("/")["trouble"]["plain"]


def test_passwords_are_hashed_quickly_and_alike_everywhere(program: Program) -> None:
    program.start({"main.py": HASHING}, "script")
    assert program.ask({"op": "run"})["console"] == "pbkdf2:sha256:1000$ True\n"


# Django ----------------------------------------------------------------------------------------


def test_django_project_with_models_admin_sessions_and_messages(fresh_program: Program) -> None:
    assert fresh_program.start(DJANGO_BOARD) == {"ok": True, "framework": "django", "console": ""}
    results = fresh_program.check(DJANGO_CHECKS)
    assert [(result["name"], result["state"], result["message"]) for result in results] == [
        ("test_add", "passed", ""), ("test_csrf", "passed", ""), ("test_admin", "passed", ""),
    ]  # fmt: skip
    assert fresh_program.get("/waiting/")["body"] == "2 and 5"
    assert "Subject: A new job" in fresh_program.get("/mail/")["console"]
    assert "DJANGO Admin" in fresh_program.get("/static/admin/css/base.css")["body"]


@pytest.mark.parametrize(
    ("path", "kind", "file", "source"),
    [
        ("/too-direct/", "SynchronousOnlyOperation", "jobs/views.py", "Job.objects.count()"),
        ("/missing/", "DoesNotExist", "jobs/views.py", "get(id=99)"),
        ("/broken-link/", "NoReverseMatch", "jobs/templates/broken.html", "nowhere"),
    ],
)
def test_django_faults_are_told_with_the_learners_line(
    fresh_program: Program, path: str, kind: str, file: str, source: str
) -> None:
    fresh_program.start(DJANGO_BOARD)
    answer = fresh_program.get(path)
    assert answer["status"] == 500
    assert kind in answer["body"]
    told = answer["trouble"]
    assert (told["type"], told["file"], told["line"]) == (kind, file, line_of(DJANGO_BOARD, file, source))
    assert f"Internal Server Error: {path}" in answer["console"]
    assert "lesson-" not in answer["console"]


def test_django_in_one_file(fresh_program: Program) -> None:
    source = """
from django.conf import settings
from django.core import management
from django.http import HttpResponse
from django.urls import path

settings.configure(SECRET_KEY="only-for-lessons", DEBUG=True, ROOT_URLCONF=__name__)
urlpatterns = [path("", lambda request: HttpResponse("Hello"))]
management.execute_from_command_line(["hello.py", "runserver"])
"""
    answer = fresh_program.start({"hello.py": source})
    assert (answer["ok"], answer["framework"]) == (True, "django")
    assert "runserver is not needed here" in answer["console"]
    assert fresh_program.get("/")["body"] == "Hello"


def test_main_file_of_a_project_may_be_any_of_its_files(fresh_program: Program) -> None:
    assert fresh_program.start(DJANGO_BOARD, main="jobs/views.py")["framework"] == "django"
    assert "<form" in fresh_program.get("/")["body"]


def test_written_migrations_are_applied(fresh_program: Program) -> None:
    migration = """
from django.db import migrations, models

def fill(apps, schema_editor):
    apps.get_model("jobs", "Job").objects.create(title="From a migration")

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Job", [
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("title", models.CharField(max_length=50, unique=True)),
        ]),
        migrations.RunPython(fill),
    ]
"""
    files = {
        "jobs/__init__.py": "",
        "jobs/migrations/__init__.py": "",
        "jobs/migrations/0001_initial.py": migration,
    }
    assert fresh_program.start(DJANGO_BOARD | files)["ok"]
    assert "From a migration" in fresh_program.get("/")["body"]


def test_broken_addresses_are_told_without_the_debug_page(fresh_program: Program) -> None:
    files = {
        "jobboard/settings.py": SETTINGS.replace("True", "False") + "ALLOWED_HOSTS = ['localhost']",
        "jobboard/urls.py": "from django.urls import path\nfrom jobboard import view\nurlpatterns = []",
        "jobboard/views.py": "",
    }
    fresh_program.start(files)
    told = fresh_program.get("/")["trouble"]
    assert (told["type"], told["file"], told["line"]) == ("ImportError", "jobboard/urls.py", 2)
    assert "There is no “view” in “jobboard”" in told["plain"]


def test_second_django_project_needs_a_fresh_python(fresh_program: Program) -> None:
    fresh_program.start(DJANGO_BOARD)
    answer = fresh_program.start(DJANGO_BOARD)
    assert answer["ok"] is False
    assert "once only" in answer["trouble"]["plain"]
