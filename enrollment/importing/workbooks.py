"""Opening XLSX files of strangers: a few kilobytes of ZIP can unpack to more than a server's memory.

openpyxl keeps every element of a part until its row or text ends, and reads some parts whole. So parts
are watched while they are unpacked, and one that would be kept in too many pieces is refused half way.
"""

from types import TracebackType
from typing import IO, Any, Self
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZipFile

from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.workbook import Workbook
from openpyxl.xml.constants import SHEET_MAIN_NS

from enrollment.importing.errors import UnreadableTable

MAX_WHOLE = 2 * 1024 * 1024
"""Bytes of a part that is read whole, such as the styles."""
MAX_KEPT = 1_500_000
"""Elements that are in memory at once; a sheet has at most 1,048,576 rows."""
MAX_STILL = 4 * 1024 * 1024
"""Bytes without any element, such as one text or one comment."""
_LET_GO = {f"{SHEET_MAIN_NS}}}row", f"{SHEET_MAIN_NS}}}si"}
"""What openpyxl empties once it has read it."""


def too_large() -> UnreadableTable:
    """Return what is said of a workbook that would take too much memory."""
    return UnreadableTable(_("This workbook is too large. Save the sheet as CSV, or split it."))


def open_workbook(file: IO[bytes]) -> Workbook:
    """Return a workbook whose sheets are read as streams. Raises UnreadableTable, also while they are."""
    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    reader.archive = _WatchedArchive(file)
    reader.read()
    return reader.wb


class _WatchedArchive(ZipFile):
    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        if self.getinfo(name).file_size > MAX_WHOLE:
            raise too_large()
        with super().open(name) as part:
            return part.read()

    def open(self, name: Any, *args: Any, **kwargs: Any) -> Any:
        return _WatchedPart(super().open(name, *args, **kwargs))


class _WatchedPart:
    """A part that counts its elements as it is read."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self._kept = self._seen = self._still = 0
        self._open: list[int] = []
        self._parser = ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._part.close()

    def read(self, size: int = -1) -> bytes:
        data = self._part.read(size)
        before = self._seen
        try:
            self._parser.Parse(data, not data)
        except ExpatError as error:
            raise ValueError(str(error)) from error
        self._still = self._still + len(data) if self._seen == before else 0
        if self._still > MAX_STILL:
            raise too_large()
        return data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._seen += 1
        self._kept += 1
        if self._kept > MAX_KEPT:
            raise too_large()
        if name in _LET_GO:
            self._open.append(self._kept)

    def _end(self, name: str) -> None:
        if name in _LET_GO:
            self._kept = self._open.pop()

    def _refuse(self, *declared: object) -> None:
        raise too_large()
