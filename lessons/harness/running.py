"""Runs coroutines to their end without threads, sockets or the page's own event loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any


class NeverEnds(RuntimeError):
    """A coroutine waits for something that can't happen here."""


class _Clock:
    """In place of a selector: it waits for the time, and for nothing else."""

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise NeverEnds("This async code waits for something that never comes. Is an await missing?")
        if timeout > 0:
            time.sleep(timeout)
        return []


class _Loop(asyncio.BaseEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._selector = _Clock()

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call the function here and now: there are no threads."""
        future = self.create_future()
        with outside_loops():
            try:
                future.set_result(func(*args))
            except Exception as error:  # noqa: BLE001 - handed to who awaits it
                future.set_exception(error)
        return future


def run_coroutine(awaitable: Awaitable[Any]) -> Any:
    """Return the result of a coroutine; sleeping, tasks, locks and queues work."""

    async def wait() -> Any:
        return await awaitable

    with outside_loops():
        loop = _Loop()
        try:
            return loop.run_until_complete(wait())
        finally:
            _cancel_rest(loop)
            loop.close()


@contextmanager
def outside_loops() -> Iterator[None]:
    """Have the code inside see no running event loop; the page always has one."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
