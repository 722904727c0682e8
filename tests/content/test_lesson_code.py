"""The code of the lessons is code that we would let in ourselves."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from content.checking import in_lesson
from content.documents import LessonFile
from lessons.examples import Solution
from tests.conftest import CONTENT

RULES = "E4,E7,E9,F,B,UP"
"""Without B905: beginners meet `zip` without `strict`."""


def files_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the Python files of a lesson that learners read or write, each below the name of its block."""
    for place in in_lesson(LessonFile.parse(path.read_text(), str(path))):
        item = place.item
        folder = f"{path.parent.name}/{path.stem}/{item.block_id}/{item.part or 'code'}"
        yield from ((f"{folder}/{name}", code) for name, code in item.files.items() if name.endswith(".py"))
        if isinstance(item, Solution):
            yield from ((f"{folder}/{file['name']}", file["source"]) for file in item.check_files)


def test_it_passes_ruff(tmp_path: Path) -> None:
    count = 0
    for path in sorted(CONTENT.glob("*/*/[0-9]*.md")):
        for name, code in files_of(path):
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(code)
            count += 1
    assert count > 100
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    assert ruff
    options = ["--isolated", "--no-cache", "--output-format=concise", "--select", RULES, "--ignore", "B905"]
    builtins = ["--config", 'builtins = ["expect"]']
    ended = subprocess.run(
        [ruff, "check", *options, *builtins, "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
