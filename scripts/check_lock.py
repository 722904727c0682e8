"""Check, without a network, that pyproject.toml, uv.lock and requirements/*.txt say the same.

Prints each difference and exits 1; `make lock` mends them.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def normal(requirement: str) -> str:
    """Return a requirement's project name as the lock writes it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement).group()).lower()


def locked_packages() -> dict[str, dict]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    return {package["name"]: package for package in lock["package"]}


def hashes_of(package: dict) -> set[str]:
    files = package.get("wheels", []) + ([package["sdist"]] if "sdist" in package else [])
    return {file["hash"] for file in files}


def listed_packages(path: Path) -> dict[str, tuple[str, set[str]]]:
    """Return name: (version, hashes) of an exported list."""
    packages: dict[str, tuple[str, set[str]]] = {}
    for entry in path.read_text().replace("\\\n", " ").splitlines():
        if found := re.match(r"([\w.-]+)==([^\s;]+)", entry):
            packages[normal(found[1])] = (found[2], set(re.findall(r"--hash=(\S+)", entry)))
    return packages


def reachable(packages: dict[str, dict], names: list[str]) -> set[str]:
    """Return the names and everything that they need, by name."""
    found: set[str] = set()
    waiting = [(name, ()) for name in names]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(name)
        package = packages[name]
        needs = list(package.get("dependencies", []))
        for extra in extras:
            needs += package.get("optional-dependencies", {}).get(extra, [])
        waiting += [(need["name"], tuple(need.get("extra", ()))) for need in needs]
    return found


def differences() -> list[str]:
    packages = locked_packages()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    own = packages[project["project"]["name"]]
    asked = {"run": own["dependencies"]} | own["dev-dependencies"]
    written = {"run": project["project"]["dependencies"]} | project["dependency-groups"]
    found = []
    for group, requirements in written.items():
        wanted, locked = {normal(item) for item in requirements}, {need["name"] for need in asked[group]}
        if wanted != locked:
            found.append(f"uv.lock does not follow pyproject.toml ({group}): {sorted(wanted ^ locked)}")
    for group, base in {"run": [], "dev": ["run"], "node": []}.items():
        found += list_differences(group, [need for part in [*base, group] for need in asked[part]], packages)
    return found


def list_differences(group: str, needs: list[dict], packages: dict[str, dict]) -> list[str]:
    name = f"requirements/{group}.txt"
    listed = listed_packages(ROOT / name)
    root = {"dependencies": needs}
    expected = reachable(packages | {"": root}, [""]) - {""}
    found = (
        [f"{name} lacks or has too many: {sorted(expected ^ set(listed))}"] if expected != set(listed) else []
    )
    for package in expected & set(listed):
        version, hashes = listed[package]
        if version != packages[package]["version"] or hashes != hashes_of(packages[package]):
            found.append(f"{name} has {package} {version} with other contents than uv.lock")
    return found


if __name__ == "__main__":
    found = differences()
    for line in found:
        print(line)
    sys.exit(bool(found))
