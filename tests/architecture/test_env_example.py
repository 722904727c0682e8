"""`.env.example` names every setting that the code and the container stack read, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READ_BY_THE_LAUNCHER = {"HOST", "PORT"}


def test_every_setting_that_is_read_is_documented() -> None:
    documented = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert documented == set(names_read_by_code()) | names_read_by_the_stack() | READ_BY_THE_LAUNCHER


def names_read_by_code() -> Iterator[str]:
    """The names given to `lms.env`, or the default name of the reader that was called."""
    defaults = dict(reader_defaults())
    for file in [*(ROOT / "lms").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="env"), attr=reader), args=arguments):
                    if reader == "together":
                        yield from (argument.value for argument in arguments)
                    elif reader != "stop":
                        yield arguments[0].value if arguments else defaults[reader]


def reader_defaults() -> Iterator[tuple[str, str]]:
    for node in ast.parse((ROOT / "lms" / "env.py").read_text()).body:
        match node:
            case ast.FunctionDef(args=ast.arguments(defaults=[ast.Constant(value=str(name)), *_])):
                yield node.name, name


def names_read_by_the_stack() -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
