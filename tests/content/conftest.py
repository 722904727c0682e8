"""Course folders to import: the real one, and a small one that tests may change."""

from pathlib import Path
from shutil import copytree

import pytest
from pytest_django import Settings
from wagtail.models import Site

from tests.conftest import CONTENT

COURSE = """---
id: 11111111-0000-4000-8000-000000000001
title: Small course
summary: Everything twice.
hours: 3
price: 499.50
projects:
  - title: Board
    text: A board.
---
What it is about.
"""
MODULE = """---
id: {id}
title: {title}
summary: A few words.
---
"""
LESSON = """---
id: {id}
title: {title}
minutes: 7
outcomes:
  - Say what it is
---
The lead of {title}.

## Begin {{#begin}}

Some prose.

::: figure {{#picture}}
![A square.](images/square.svg)
One square.
:::

::: parallel {{#pair}}
@django
```python urls.py
path("", home)  #=1
```
@flask
```python app.py
@app.get("/")  #=1
```
@matches
1. Both map the root.
:::
"""
COMPLETION = """free: false
needs_checks: true
quiz_share: 75
"""
WORK = """
::: code {#greeting} script
```python hello.py
print("Hello")
```
What is run line by line.
:::

::: code {#board} app
```python app.py
from flask import Flask, request

app = Flask(__name__)


@app.route("/jobs/", methods=["GET", "POST"])
def jobs():
    return request.form.get("title") or request.get_json(silent=True) or "none"
```
@requests
GET /jobs/
POST /jobs/ title=Tester&city=Chennai
POST /jobs/ {"title": "Tester"}
:::

::: exercise {#say-hello} Say hello
@statement
Answer the address `/` with the text *Hello*.

\\@app.get("/") is one way, and a fence keeps its own lines:

```python
@app.get("/")
```
@flask
```python app.py
from flask import Flask

app = Flask(__name__)
```
@flask solution
```python app.py
from flask import Flask

app = Flask(__name__)


@app.get("/")
def home():
    return "Hello"
```
@checks
```python
def test_hello(app):
    \"\"\"The page / says Hello\"\"\"
    expect(app.get("/").text, "the page").contains("Hello")
```
@hidden
```python
def test_nothing_else(app):
    \"\"\"Other addresses are not found\"\"\"
    expect(app.get("/other/").status, "the status").equals(404)
```
@hints
1. A function answers.
2. Its decorator names the address:

   ```python
   @app.get("/")
   ```
@optional
:::

::: quiz {#check-yourself} Check yourself
@assessed pass=75 attempts=2 minutes=10 draw=5
@choice {#q-first}
Which one lists its addresses in a file of their own?
\\- [x] is how an answer looks.
- [x] Django
  The file is `urls.py`.
- [ ] Flask
  A decorator stands above each function.
@multiple {#q-second}
Which are written in Python?
- [x] Django
  Yes, all of it.
- [x] Flask
  Yes, and Werkzeug too.
- [ ] CPython
  Most of it is C.
@short {#q-third}
What does a view return?
= response
= a response
! Every view answers.
@short {#q-pattern} pattern
Write a path with a number.
= ^/jobs/\\d+/$
! The number stands between slashes.
@prints {#q-prints}
What does this print?
```python
print(1 + 1)
```
```text
2
```
! The sum.
@ordering {#q-order}
What comes first?
1. Request
2. View
3. Response
! A request is answered by a view.
@line {#q-line}
Which line names the address?
```python app.py
@app.get("/")
def home():
    return "Hello"
```
= 1
! The decorator does.
:::
"""
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40"/></svg>'


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def real_course(tmp_path: Path) -> Path:
    """A copy of the course that the demo shows."""
    return copytree(CONTENT / "python-full-stack", tmp_path / "python-full-stack")


@pytest.fixture
def small_course(tmp_path: Path, site: Site) -> Path:
    """Two modules: the first with lessons one and two, the second with lesson three."""
    folder = tmp_path / "small"
    for name in ("01-start", "02-more", "images"):
        (folder / name).mkdir(parents=True)
    (folder / "course.md").write_text(COURSE)
    (folder / "images" / "square.svg").write_text(SQUARE)
    for number, name in enumerate(("01-start", "02-more"), start=2):
        text = MODULE.format(id=f"11111111-0000-4000-8000-00000000000{number}", title=name[3:].title())
        (folder / name / "module.md").write_text(text)
    for number, name in enumerate(("01-start/01-one", "01-start/02-two", "02-more/01-three"), start=4):
        title = f"Lesson {name.partition('/')[2][3:]}"
        text = LESSON.format(id=f"11111111-0000-4000-8000-00000000000{number}", title=title)
        (folder / f"{name}.md").write_text(text)
    return folder


@pytest.fixture
def working_course(small_course: Path) -> Path:
    """The small course; its first lesson has code that runs, an exercise and a quiz, and asks for both."""
    lesson = small_course / "01-start" / "01-one.md"
    text = lesson.read_text().replace("minutes: 7\n", "minutes: 7\n" + COMPLETION)
    lesson.write_text(text + WORK)
    return small_course
