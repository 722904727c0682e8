"""Course folders to import: the real one, and a small one that tests may change."""

from pathlib import Path
from shutil import copytree

import pytest
from pytest_django import Settings
from wagtail.models import Site

CONTENT = Path(__file__).resolve().parents[2] / "content"

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
