"""Programs of learners, in processes of their own."""

from collections.abc import Iterator

import pytest

from tests.lessons.harness.programs import Program, on_server


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One process for scripts and Flask apps; each start begins anew in it."""
    with on_server(tmp_path_factory.mktemp("program")) as running:
        yield running


@pytest.fixture
def fresh_program(tmp_path: object) -> Iterator[Program]:
    """A process of its own, as Django needs."""
    with on_server(tmp_path) as running:  # type: ignore[arg-type]
        yield running
