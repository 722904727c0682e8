"""Learners' programs for tests: started as the server starts them, or in the page's Python under Node."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]

SETTINGS = """
SECRET_KEY = "only-for-lessons"
DEBUG = True
ROOT_URLCONF = "jobboard.urls"
"""

FLASK_BOARD = {
    "app.py": """\
from flask import Flask, flash, get_flashed_messages, redirect, render_template, request, session

app = Flask(__name__)
app.secret_key = "only-for-lessons"


@app.get("/")
def home():
    print("somebody came")
    return render_template("home.html", name=session.get("name"), notes=get_flashed_messages())


@app.post("/sign-in/")
def sign_in():
    if request.form["token"] != "t1":
        return "No token", 403
    session["name"] = request.form["name"]
    flash("Welcome")
    return redirect("/")


@app.get("/api/")
def api():
    return {"jobs": [{"id": 1, "title": "Tester"}], "query": request.args.to_dict()}


@app.put("/echo/")
def echo():
    return request.get_json()


@app.get("/broken/")
def broken():
    return jobs[0]


if __name__ == "__main__":
    app.run(debug=True)
""",
    "templates/home.html": """\
<!doctype html>
<h1>Jobs</h1>
{% for note in notes %}<p class="note">{{ note }}</p>{% endfor %}
<p id="who">{{ name or "nobody" }}</p>
<form method="post" action="sign-in/">
  <input type="hidden" name="token" value="t1">
  <label>Name <input name="name"></label>
  <button>Sign in</button>
</form>
""",
}

DJANGO_BOARD = {
    "jobboard/settings.py": SETTINGS
    + """
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "jobs",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
STATIC_URL = "static/"
""",
    "jobboard/urls.py": """\
from django.contrib import admin
from django.urls import path
from jobs import views

urlpatterns = [
    path("", views.home, name="home"),
    path("staff/", views.make_staff),
    path("waiting/", views.waiting),
    path("too-direct/", views.too_direct),
    path("missing/", views.missing),
    path("broken-link/", views.broken_link),
    path("mail/", views.mail),
    path("admin/", admin.site.urls),
]
""",
    "jobs/models.py": """\
from django.db import models


class Job(models.Model):
    title = models.CharField(max_length=50, unique=True)

    def __str__(self):
        return self.title
""",
    "jobs/admin.py": """\
from django.contrib import admin
from jobs.models import Job

admin.site.register(Job)
""",
    "jobs/views.py": """\
import asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.http import HttpResponse
from django.shortcuts import redirect, render
from jobs.models import Job


def home(request):
    if request.method == "POST":
        Job.objects.create(title=request.POST["title"])
        return redirect("home")
    return render(request, "home.html", {"jobs": Job.objects.all()})


def make_staff(request):
    User.objects.create_superuser("asha", "asha@example.com", "a long secret")
    return HttpResponse("made")


async def waiting(request):
    await asyncio.sleep(0.001)
    count, five = await asyncio.gather(Job.objects.acount(), sync_to_async(lambda: 5)())
    return HttpResponse(f"{count} and {five}")


async def too_direct(request):
    return HttpResponse(Job.objects.count())


def missing(request):
    return HttpResponse(Job.objects.get(id=99))


def broken_link(request):
    return render(request, "broken.html")


def mail(request):
    send_mail("A new job", "Come and see.", "board@example.com", ["asha@example.com"])
    return HttpResponse("sent")
""",
    "jobs/templates/home.html": """\
<form method="post">{% csrf_token %}<input name="title"></form>
<ul>{% for job in jobs %}<li>{{ job }}</li>{% endfor %}</ul>
""",
    "jobs/templates/broken.html": "<p>\n{% url 'nowhere' %}\n",
}

DJANGO_CHECKS = '''
def test_add(app):
    """A job can be added"""
    page = app.follow(app.submit("/", {"title": "Tester"}))
    expect([item.text for item in page.select("li")], "the list").equals(["Tester"])
    expect(app.rows("SELECT title FROM jobs_job"), "the rows").equals([{"title": "Tester"}])


def test_csrf(app):
    """A form without its token is refused"""
    expect(app.post("/", {"title": "Thief"}).status, "the status").equals(403)


def test_admin(app):
    """Staff sign in and add a job in the admin"""
    app.get("/staff/")
    address = "/admin/login/?next=/admin/"
    inside = app.follow(app.submit(address, {"username": "asha", "password": "a long secret"}))
    expect(inside.one("h1").text, "the heading").contains("administration")
    added = app.follow(app.submit("/admin/jobs/job/add/", {"title": "Developer"}))
    expect(added.one("li.success").text, "the message").contains("Developer", "was added")
'''


class Program:
    """A process that answers messages of the harness, one JSON object a line."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message and return the answer."""
        self.send(message)
        line = self.read()
        assert line, "The process ended without an answer."
        return json.loads(line)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def read(self) -> bytes:
        """Return the next line, or nothing at the end."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def start(self, files: dict[str, str], kind: str = "app", **more: Any) -> dict[str, Any]:
        """Start a program; `more` goes into the message."""
        return self.ask({"op": "start", "kind": kind, "files": files} | more)

    def get(self, path: str) -> dict[str, Any]:
        """Open an address of the app."""
        return self.ask({"op": "request", "method": "GET", "path": path})

    def check(self, source: str) -> list[dict[str, Any]]:
        """Run a check file against the program."""
        return self.ask({"op": "check", "checks": [{"name": "checks.py", "source": source}]})["results"]


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[Program]:
    """Keep a process while a test talks to it."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


@contextmanager
def on_server(folder: Path, module: str = "subject") -> Iterator[Program]:
    """Run a module of the harness as the server does: with nothing of the project in reach."""
    link = folder / "harness"
    if not link.exists():
        link.symlink_to(ROOT / "lessons" / "harness")
    environment = {"PYTHONPATH": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin"}
    with running([sys.executable, "-m", f"harness.{module}"], env=environment, cwd=folder) as program:
        yield program


@contextmanager
def in_page(*packages: str) -> Iterator[Program]:
    """Run the page's Python under Node."""
    with running(["node", str(ROOT / "scripts" / "run-in-pyodide.mjs"), *packages]) as program:
        yield program
