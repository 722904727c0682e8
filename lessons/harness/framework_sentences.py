"""Plain sentences for the faults that Flask, Jinja and Django report."""

import re
from typing import Any

Files = dict[str, str]


def _no_reverse(error: Any, message: str, files: Files) -> str:
    if found := re.search(r"Reverse for '([^']+)' not found", message):
        return f"No path is named “{found[1]}”. Compare it with name=… in urls.py."
    if found := re.search(r"Reverse for '([^']+)' with", message):
        return f"The path “{found[1]}” needs other values than these. Compare with its pattern in urls.py."
    if found := re.search(r"'([^']+)' is not a registered namespace", message):
        return (
            f"“{found[1]}” is not a known namespace. Is app_name set in urls.py, and is that file included?"
        )
    return ""


def _build(error: Any, message: str, files: Files) -> str:
    if "Did you forget to specify values" in message:
        return f"url_for needs more values for “{error.endpoint}”. Compare with the route's <parts>."
    return f"url_for knows no view function called “{error.endpoint}”. Compare it with the function's name."


def _template_missing(error: Any, message: str, files: Files) -> str:
    name = str(getattr(error, "name", None) or message)
    places = [path for path in files if path.rpartition("/")[2] == name.rpartition("/")[2]]
    if places:
        return (
            f"The template “{name}” was not found, though there is “{places[0]}”. Flask looks in the folder "
            "templates; Django looks where TEMPLATES in settings.py says."
        )
    return f"There is no template “{name}”. Check the name, and that it lies in the folder templates."


def _template_syntax(error: Any, message: str, files: Files) -> str:
    if "Unclosed tag" in message or "Unexpected end of template" in message:
        return f"A tag in this template is never closed. Add its end tag, such as {{% endfor %}}. ({message})"
    return f"The template can't be read here: {message}"


def _undefined(error: Any, message: str, files: Files) -> str:
    return f"The template uses a value that it was not given: {message}. Pass it to render_template."


def _improper(error: Any, message: str, files: Files) -> str:
    if "does not appear to have any patterns" in message:
        return "This urls.py needs a list called urlpatterns, spelled exactly so."
    if "SECRET_KEY setting must not be empty" in message:
        return "settings.py needs a SECRET_KEY: any text will do in a lesson."
    if "Error loading" in message:
        return "Lessons have SQLite only. Set ENGINE to django.db.backends.sqlite3."
    if "settings are not configured" in message:
        return "Django's settings are used before they are made. Write settings.configure(…) above this line."
    return f"A Django setting is missing or wrong: {message}"


def _integrity(error: Any, message: str, files: Files) -> str:
    if found := re.search(r"NOT NULL constraint failed: (\S+)", message):
        return f"The database refused the row: “{found[1]}” must have a value."
    if found := re.search(r"UNIQUE constraint failed: (.+)", message):
        return f"The database refused the row: there is one with the same “{found[1]}” already."
    if "FOREIGN KEY" in message:
        return "The database refused the row: it points to a row that doesn't exist."
    return f"The database refused the row: {message}."


def _operational(error: Any, message: str, files: Files) -> str:
    if found := re.search(r"no such table: (\S+)", message):
        return f"The database has no table “{found[1]}”. Create it first, or check its name."
    if found := re.search(r"no such column: (\S+)", message):
        return f"The table has no column “{found[1]}”. Check its name."
    if found := re.search(r'near "([^"]+)": syntax error', message):
        return f"The SQL can't be read near “{found[1]}”."
    return f"The database can't do this: {message}."


def _field(error: Any, message: str, files: Files) -> str:
    if found := re.search(r"Cannot resolve keyword '(\w+)' into field. Choices are: (.+)", message):
        return f"The model has no field “{found[1]}”. It has: {found[2]}."
    if found := re.search(r"Unknown field\(s\) \((.+?)\) specified for (\w+)", message):
        return f"The model {found[2]} has no field “{found[1]}”. Compare with models.py."
    return ""


FRAMEWORK_SENTENCES: dict[str, Any] = {
    # Flask and Jinja
    "TemplateNotFound": _template_missing, "UndefinedError": _undefined, "BuildError": _build,
    # Django
    "TemplateDoesNotExist": _template_missing, "TemplateSyntaxError": _template_syntax,
    "NoReverseMatch": _no_reverse, "ImproperlyConfigured": _improper, "IntegrityError": _integrity,
    "OperationalError": _operational, "FieldError": _field,
    "AppRegistryNotReady": "Models are used before Django is ready. Import them later.",
    "SynchronousOnlyOperation": "An async view can't use the database directly. Await the methods that begin "
    "with a, such as aget() and acreate().",
    "DoesNotExist": "No row fits what was asked for. Use get_object_or_404, or filter(…).first().",
    "MultipleObjectsReturned": "More than one row fits, but get() expects exactly one. Use filter(…).",
}  # fmt: skip
