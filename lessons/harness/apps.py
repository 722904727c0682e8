"""Finds the application in a learner's files and makes it ready to answer."""

import inspect
import os
import re
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .shims import default_databases
from .workspace import Workspace, module_name
from .wsgi import Application

USUAL_FILES = ("app.py", "wsgi.py", "application.py", "main.py", "hello.py", "server.py")
USUAL_NAMES = ("app", "application")
FACTORIES = ("create_app", "make_app")
MAKES_APP = ("Flask(", "settings.configure", *FACTORIES)
PORTS = {"django": 8000, "flask": 5000}

_SETTINGS_IN_MANAGE = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]+)[\"']")
_LOOKS_LIKE_DJANGO = re.compile(r"ROOT_URLCONF|INSTALLED_APPS")


class NoApp(Exception):
    """There is no application in the files; the message says what is looked for."""


class SecondProject(Exception):
    """Django's settings can be made once in a process."""


@dataclass
class App:
    """An application that is ready to answer."""

    application: Application
    framework: str | None
    module: ModuleType | None

    @property
    def port(self) -> int:
        """The port that this framework's own server would listen on."""
        return PORTS.get(self.framework or "", 8000)


def load_app(workspace: Workspace, main: str | None) -> App:
    """Import the learner's application; whatever their code raises comes out as it is."""
    alone = bool(main) and any(word in workspace.files[main or ""] for word in MAKES_APP)
    if not alone and (settings := _settings_module(workspace)):
        return _load_project(workspace, settings)
    for name in _candidates(workspace, main):
        module = workspace.import_file(name)
        application = _application_in(module)
        if application is not None:
            return _ready(application, module, workspace)
        if _django_is_configured():
            return _ready(_django_application(), module, workspace)
    raise NoApp(
        "No app was found. Flask needs a line like “app = Flask(__name__)” in app.py; "
        "Django needs a settings.py with ROOT_URLCONF."
    )


def _settings_module(workspace: Workspace) -> str | None:
    """Return the name of the settings of a Django project, or None where there is no project."""
    if named := _SETTINGS_IN_MANAGE.search(workspace.files.get("manage.py", "")):
        return named[1]
    for name, text in workspace.files.items():
        if name.rpartition("/")[2] == "settings.py" and (
            _LOOKS_LIKE_DJANGO.search(text) or any("django" in other for other in workspace.files.values())
        ):
            return module_name(name)
    return None


def _candidates(workspace: Workspace, main: str | None) -> list[str]:
    names = workspace.python_files()
    top = [name for name in names if "/" not in name and name != "manage.py"]
    usual = [name for name in USUAL_FILES if name in top]
    likely = [name for name in top if name not in usual and _says_app(workspace.files[name])]
    packages = [name for name in names if name.count("/") == 1 and name.endswith("/__init__.py")]
    factories = [name for name in packages if _says_app(workspace.files[name])]
    first = [main] if main and main.endswith(".py") else []
    return first + usual + likely + factories


def _says_app(text: str) -> bool:
    return any(word in text for word in (*MAKES_APP, "application"))


def _application_in(module: ModuleType) -> Application | None:
    for name in USUAL_NAMES:
        found = getattr(module, name, None)
        if callable(found) and not isinstance(found, type):
            return found
    for found in vars(module).values():
        if _is_flask(found):
            return found
    for name in FACTORIES:
        factory = getattr(module, name, None)
        if callable(factory):
            return factory()
    return None


def _is_flask(found: Any) -> bool:
    flask = sys.modules.get("flask")
    return flask is not None and isinstance(found, flask.Flask)


def _ready(application: Application, module: ModuleType, workspace: Workspace) -> App:
    if _is_flask(application):
        return App(application, "flask", module)
    if _django_is_configured():
        _make_tables(workspace)
        return App(_with_static_files(application), "django", module)
    if len(inspect.signature(application).parameters) < 2:
        raise NoApp(
            f"“{getattr(application, '__name__', 'app')}” is not an application that can answer requests."
        )
    return App(application, None, module)


# Django ----------------------------------------------------------------------------------------


def _django_is_configured() -> bool:
    conf = sys.modules.get("django.conf")
    return conf is not None and conf.settings.configured


def _load_project(workspace: Workspace, name: str) -> App:
    if _django_is_configured():
        raise SecondProject("Django can be set up once only. Start the lesson's Python again.")
    os.environ["DJANGO_SETTINGS_MODULE"] = name
    from django.conf import settings

    if not settings.DATABASES:
        settings.DATABASES = default_databases()
    application = _django_application()
    _make_tables(workspace)
    return App(_with_static_files(application), "django", sys.modules.get(settings.ROOT_URLCONF))


def _django_application() -> Application:
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def _with_static_files(application: Application) -> Application:
    """Have the app's static files answered where Django's own server would."""
    from django.apps import apps
    from django.conf import settings

    if not (settings.DEBUG and apps.is_installed("django.contrib.staticfiles")):
        return application
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    return StaticFilesHandler(application)  # type: ignore[arg-type]


def _make_tables(workspace: Workspace) -> None:
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    if not apps.get_models():
        return
    written = {config.label for config in apps.get_app_configs() if _has_migrations(workspace, config.name)}
    if not written and not settings.MIGRATION_MODULES:
        # Nothing depends on a written migration: tables made straight from the models are there much sooner.
        settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}
    elif written:
        own = {config.label for config in apps.get_app_configs() if workspace.relative(_file_of(config))}
        settings.MIGRATION_MODULES = dict.fromkeys(own - written) | settings.MIGRATION_MODULES
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)


def _file_of(config: Any) -> str | None:
    return getattr(config.module, "__file__", None) or os.path.join(config.path, "models.py")  # noqa: PTH118


def _has_migrations(workspace: Workspace, name: str) -> bool:
    folder = f"{name.replace('.', '/')}/migrations/"
    return any(
        file.startswith(folder) and re.match(r"\d{4}_", file.removeprefix(folder)) for file in workspace.files
    )
