"""What the commands print."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper

from content.sync import Report


@contextmanager
def quiet_logs() -> Iterator[None]:
    """Keep the log lines of every single page and index task off the console; the CMS log has them."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


def say(out: OutputWrapper, name: str, report: Report) -> None:
    """Print one line of counts, and one for each page that a person should look at."""
    out.write(report.summary(name))
    for note in report.notes():
        out.write(note)
