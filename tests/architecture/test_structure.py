"""The shape of the project: who imports whom, migrations, templates."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template

TEMPLATES = Path(settings.BASE_DIR) / "templates"
EVERY_TEMPLATE = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*"))


def test_apps_import_in_one_direction() -> None:
    # In a process of its own: it sets up logging anew, and tests in this one read logs.
    command = [Path(sys.executable).with_name("lint-imports"), "--config", "pyproject.toml"]
    ended = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", EVERY_TEMPLATE)
def test_every_template_compiles(name: str) -> None:
    assert get_template(name)


def test_no_template_has_inline_styles_or_handlers() -> None:
    offenders = [
        name
        for name in EVERY_TEMPLATE
        if name.endswith(".html") and "mail" not in name
        for line in (TEMPLATES / name).read_text().splitlines()
        if " style=" in line or " onclick=" in line or " onsubmit=" in line
    ]
    assert offenders == []
