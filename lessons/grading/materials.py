"""What a Python in a jail needs of this machine, and nothing else of it."""

import importlib.util
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

PACKAGES = {  # module: the distribution that its version is read from
    "_pytest": "pytest",
    "alembic": "alembic",
    "asgiref": "asgiref",
    "blinker": "blinker",
    "click": "click",
    "django": "Django",
    "flask": "Flask",
    "flask_login": "Flask-Login",
    "flask_wtf": "Flask-WTF",
    "iniconfig": "iniconfig",
    "itsdangerous": "itsdangerous",
    "jinja2": "Jinja2",
    "mako": "Mako",
    "markupsafe": "MarkupSafe",
    "packaging": "packaging",
    "pluggy": "pluggy",
    "py": "pytest",
    "pygments": "Pygments",
    "pytest": "pytest",
    "rest_framework": "djangorestframework",
    "sqlalchemy": "SQLAlchemy",
    "sqlparse": "sqlparse",
    "typing_extensions": "typing_extensions",
    "tzdata": "tzdata",
    "werkzeug": "Werkzeug",
    "wtforms": "WTForms",
}
HARNESS = Path(__file__).resolve().parent.parent / "harness"
INSIDE = Path(__file__).resolve().parent / "inside"
DEVICES = ("/dev/null", "/dev/urandom")
TIME_ZONES = "/usr/share/zoneinfo"


def interpreter() -> str:
    """The real program behind a virtual environment's link."""
    return str(Path(sys.executable).resolve())


def python_library() -> Path | None:
    """Python's own shared library, where it is one; the list of where libraries are isn't in the jail."""
    library = Path(sys.base_prefix) / "lib" / (sysconfig.get_config_var("INSTSONAME") or "")
    return library if library.is_file() else None


@cache
def python_paths() -> tuple[str, ...]:
    """The interpreter, its library and the machine's shared libraries."""
    wanted = [interpreter(), sysconfig.get_path("stdlib", vars=_base()), *_shared_libraries(), TIME_ZONES]
    wanted += [path for path in (sysconfig.get_path("platstdlib", vars=_base()),) if path not in wanted]
    return tuple(path for path in wanted if Path(path).exists())


@cache
def package_paths() -> dict[str, str]:
    """What lessons may import, by the name it has in the folder of packages."""
    found: dict[str, str] = {}
    for module, name in PACKAGES.items():
        spec = importlib.util.find_spec(module)
        if spec is None:
            continue
        if spec.submodule_search_locations:
            path = Path(spec.submodule_search_locations[0])
        else:
            path = Path(spec.origin or "")
        found[path.name] = str(path)
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue
        metadata = next((file for file in files if file.name == "METADATA"), None)
        if metadata:
            found[metadata.parts[0]] = str(path.parent / metadata.parts[0])
    return found


def _base() -> dict[str, str]:
    return {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}


def _shared_libraries() -> Iterator[str]:
    name = sysconfig.get_config_var("MULTIARCH") or ""
    for folder in (f"/usr/lib/{name}", f"/lib/{name}", "/usr/lib64", "/lib64"):
        if Path(folder).is_dir() and str(Path(folder).resolve()) == folder:
            yield folder
    if library := python_library():
        yield str(library)
