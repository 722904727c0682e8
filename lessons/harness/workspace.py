"""The folder that a learner's files live in, and the modules that came from it."""

import importlib
import linecache
import os
import shutil
import sys
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path, PurePosixPath
from types import ModuleType

LARGEST_FILE = 2_000_000


class BadFiles(ValueError):
    """The files can't be used; the message says why."""


class Workspace:
    """A fresh folder with the files in it; the current folder and the first place for imports."""

    def __init__(self, files: dict[str, str]) -> None:
        _look_over(files)
        self.files = dict(files)
        self.root = Path(tempfile.mkdtemp(prefix="lesson-")).resolve()
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        os.chdir(self.root)
        sys.path.insert(0, str(self.root))
        importlib.invalidate_caches()

    def leave(self) -> None:
        """Remove the folder and forget what was imported from it."""
        self.forget_modules()
        if str(self.root) in sys.path:
            sys.path.remove(str(self.root))
        os.chdir(self.root.parent)
        shutil.rmtree(self.root, ignore_errors=True)

    def forget_modules(self) -> None:
        """Have the next import of a learner's module run it again."""
        for name, module in list(sys.modules.items()):
            if name != "__main__" and self._owns(module):
                del sys.modules[name]
        linecache.clearcache()
        importlib.invalidate_caches()

    def import_file(self, name: str) -> ModuleType:
        """Import one of the files, even where a module of Python has the same name."""
        known = module_name(name)
        module = sys.modules.get(known)
        if module is None or self._owns(module):
            return importlib.import_module(known)
        spec = spec_from_file_location(known, self.root / name)
        if spec is None or spec.loader is None:
            raise BadFiles(f"“{name}” is not a Python file.")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def relative(self, filename: str | None) -> str | None:
        """Return the learner's name of a file, or None where the file isn't the learner's."""
        if not filename:
            return None
        path = Path(filename)
        path = path if path.is_absolute() else self.root / path
        try:
            name = path.relative_to(self.root).as_posix()
        except ValueError:
            return None
        return name if name in self.files or path.is_file() else None

    def python_files(self) -> list[str]:
        """Return the Python files in the order in which they were given."""
        return [name for name in self.files if name.endswith(".py")]

    def read(self, name: str) -> str:
        """Return the text of a file of the folder; raises BadFiles for any other."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root) or not path.is_file():
            raise BadFiles(f"There is no file “{name}”.")
        if path.stat().st_size > LARGEST_FILE:
            raise BadFiles(f"The file “{name}” is larger than {LARGEST_FILE:,} bytes.")
        return path.read_text(encoding="utf-8", errors="replace")

    def _owns(self, module: object) -> bool:
        places = [getattr(module, "__file__", None), *_search_path(module)]
        return any(isinstance(place, str) and Path(place).is_relative_to(self.root) for place in places)


def module_name(path: str) -> str:
    """Return the name to import a file by: `jobs/views.py` is `jobs.views`."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _search_path(module: object) -> list[object]:
    try:
        return list(getattr(module, "__path__", ()))
    except (TypeError, KeyError):  # a namespace package whose parent is gone
        return []


def _look_over(files: object) -> None:
    if not isinstance(files, dict) or not files:
        raise BadFiles("There are no files to run.")
    for name, text in files.items():
        path = PurePosixPath(name) if isinstance(name, str) else PurePosixPath("/")
        if path.is_absolute() or ".." in path.parts or not path.name or "\\" in name or "\0" in name:
            raise BadFiles(f"“{name}” is not a file name that can be used here.")
        if not isinstance(text, str):
            raise BadFiles(f"The file “{name}” is not text.")
