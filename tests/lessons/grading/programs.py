"""Learners' programs and checks for the grader, and how to look for what they leave behind."""

import os
from pathlib import Path

from lessons.grading import CheckFile, Job, Limits, Verdict

FLASK = """
from flask import Flask, jsonify

app = Flask(__name__)

@app.get("/")
def home():
    return "<h1>Open positions</h1>"

@app.get("/jobs.json")
def jobs():
    return jsonify(count=2)
"""
DJANGO = """
from django.conf import settings

settings.configure(DEBUG=True, SECRET_KEY="lesson", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path

urlpatterns = [
    path("", lambda request: HttpResponse("<h1>Open positions</h1>")),
    path("jobs.json", lambda request: JsonResponse({"count": 2})),
]
application = get_wsgi_application()
"""
CONTRACT = '''
def test_home(app):
    """The home page has a heading."""
    page = app.get("/")
    expect(page.status, "the status").equals(200)
    expect(page.select("h1")[0].text, "the heading").equals("Open positions")

def test_jobs(app):
    """The list of jobs is JSON."""
    expect(app.get("/jobs.json").json()["count"], "the count").equals(2)
'''
RUNS = '''
def test_runs(app):
    """The program runs."""
    app.run()
'''
QUICK = Limits(seconds=3, answer_seconds=1.5)


def app_job(source: str, checks: str = CONTRACT) -> Job:
    return Job({"app.py": source}, "app", (CheckFile("checks.py", checks),))


def script_job(source: str, checks: str = RUNS, limits: Limits = QUICK) -> Job:
    return Job({"main.py": source}, "script", (CheckFile("checks.py", checks),), limits)


def everything_said(verdict: Verdict) -> str:
    return f"{verdict.console} {verdict.results}"


def descendants() -> set[int]:
    """All processes below this one, zombies included."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                after_name = (folder / "stat").read_text().rpartition(")")[2]
            except OSError:
                continue
            parents[int(folder.name)] = int(after_name.split()[1])
    found = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}
