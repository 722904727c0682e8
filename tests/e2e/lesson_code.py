"""Lessons made of running code, for tests in a browser."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

START_TIMEOUT = 45_000


def files(*named: tuple[str, str]) -> list[dict[str, str]]:
    """Files as a block keeps them; the language follows the name's ending."""
    return [
        {"name": name, "language": "html+django" if name.endswith(".html") else "python", "code": code}
        for name, code in named
    ]


def script(block_id: str, code: str) -> dict[str, Any]:
    """A sample that runs as a script."""
    return {"type": "code", "id": block_id, "value": {"files": files(("main.py", code)), "run": "script"}}


def app(block_id: str, code: str, *requests: dict[str, str]) -> dict[str, Any]:
    """A sample that runs as a web application of one file."""
    value = {"files": files(("app.py", code)), "run": "app", "requests": list(requests)}
    return {"type": "code", "id": block_id, "value": value}


def pane(page: Page, block_id: str, part: str = "") -> Locator:
    """One pane of a block."""
    return page.locator(f'[data-block-id="{block_id}"] .pane[data-part="{part}"]')


def edit(pane: Locator) -> None:
    """Press on the code and wait for the editor."""
    pane.locator(".code").first.click()
    expect(pane.locator(".cm-editor")).to_be_visible()


def run(pane: Locator) -> Locator:
    """Press Run, wait for the outcome, and return the pane."""
    pane.get_by_role("button", name="Run").click()
    return settled(pane)


def settled(pane: Locator) -> Locator:
    """Wait until nothing runs in this pane."""
    expect(pane).to_have_attribute("data-runner-state", re.compile("finished|error"), timeout=START_TIMEOUT)
    return pane


def status(pane: Locator) -> Locator:
    return pane.locator("[data-status]")


def console(pane: Locator) -> Locator:
    return pane.locator("[data-console]")
