"""Where a program is while it loops."""

import json
import subprocess
import sys

SCRIPT = """
import json
from lessons import harness

places = []
harness.tell_place(lambda file, line: places.append([file, line]), every=0)
harness.handle({"op": "start", "kind": "script", "files": {"main.py": PROGRAM}})
harness.handle({"op": "run"})
print(json.dumps(places))
"""
PROGRAM = """import json
total = 0
for number in range(3):
    json.dumps(list(range(50)))
    total += number
while total > 0:
    total -= 1
"""


def test_each_round_of_the_learners_own_loops_is_told_with_its_line() -> None:
    source = SCRIPT.replace("PROGRAM", repr(PROGRAM))
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)

    places = json.loads(run.stdout)

    assert {file for file, _line in places} == {"main.py"}
    assert {line for _file, line in places} <= {3, 4, 5, 6, 7}
    assert any(line in {3, 4, 5} for _file, line in places)
    assert any(line in {6, 7} for _file, line in places)
