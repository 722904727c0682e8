"""Rows of cells out of CSV and XLSX files, within limits that protect the server.

CSV may come in UTF-8 or UTF-16, with or without a mark at its start, or in Windows' western encoding,
divided by commas, semicolons, tabs or bars. XLSX is read as a stream; of formulas the last result counts.
"""

import codecs
import csv
import io
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from enrollment.importing.errors import UnreadableTable
from enrollment.importing.workbooks import open_workbook, too_large

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 100
MAX_CELL = 5_000
MAX_CELLS = MAX_ROWS * MAX_COLUMNS
"""Of a sheet, empty ones before the last of a row included."""
MAX_UNPACKED = 256 * 1024 * 1024
MAX_TEXTS = 64 * 1024 * 1024
"""Texts of a workbook that openpyxl keeps in memory."""
LAST_ROW = 1_048_576
"""Of a sheet in any spreadsheet program."""

DELIMITERS = ",;\t|"
SAMPLE = 64 * 1024
ZIP_START, OLD_EXCEL_START = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
OTHER_STARTS = (b"%pdf", b"{\\rtf", b"<!doctype", b"<html", b"<table", b"<?xml")
"""Of documents and of web pages that some programs save under the name of a table."""
MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
BROKEN_WORKBOOK = (
    AttributeError, BadZipFile, EOFError, IndexError, InvalidFileException, KeyError, NotImplementedError,
    OSError, ParseError, RuntimeError, TypeError, ValueError, zlib.error,
)  # fmt: skip
"""What openpyxl and zipfile raise for files that were cut, changed or locked by a password."""

CONTROL_CHARACTERS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
"""What no text has and no workbook takes; tabs and line breaks stay."""

Row = tuple[int, list[str]]


def read_rows(file: IO[bytes]) -> Iterator[Row]:
    """Yield the number and the cells of each row that isn't blank, the headings first.

    Numbers are those that a spreadsheet program shows. Raises UnreadableTable, also half way.
    """
    start = file.read(SAMPLE)
    file.seek(0)
    if start.startswith(OLD_EXCEL_START):
        raise UnreadableTable(
            _("This is an old Excel file or one with a password. Save it as XLSX or CSV without a password.")
        )
    rows = _workbook_rows(file) if start.startswith(ZIP_START) else _text_rows(file, start)
    count = 0
    for number, cells in rows:
        cells = _checked(number, cells)
        if not cells:
            continue
        count += 1
        if count > MAX_ROWS + 1:
            raise UnreadableTable(
                _("The file has more than %(rows)s rows. Split it and import the parts.")
                % {"rows": f"{MAX_ROWS:,}"}
            )
        yield number, cells


def _checked(number: int, cells: list[str]) -> list[str]:
    """Return the cells without blanks around them and blank ones at the end."""
    cells = [cell.translate(CONTROL_CHARACTERS).strip() for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise UnreadableTable(
            _("Row %(row)s has more than %(columns)s columns. Delete those that aren't needed.")
            % {"row": number, "columns": MAX_COLUMNS}
        )
    if any(len(cell) > MAX_CELL for cell in cells):
        raise _long_cell(number)
    return cells


def _long_cell(number: int) -> UnreadableTable:
    return UnreadableTable(
        _("A cell of row %(row)s has more than %(characters)s characters. Shorten it, or look for a "
          "quotation mark that is opened there and never closed.")
        % {"row": number, "characters": f"{MAX_CELL:,}"}
    )  # fmt: skip


# CSV ------------------------------------------------------------------------------------------


def _text_rows(file: IO[bytes], start: bytes) -> Iterator[Row]:
    text = io.TextIOWrapper(file, encoding=_encoding(file, start), errors="replace", newline="")
    try:
        yield from _divided(text)
    finally:
        text.detach()


def _divided(text: io.TextIOWrapper) -> Iterator[Row]:
    sample = text.read(SAMPLE)
    text.seek(0)
    first_line = sample.partition("\n")[0].strip().lower()
    if first_line.startswith("sep=") and len(first_line) == 5:
        delimiter = first_line[4]
        text.readline()
    else:
        delimiter = _delimiter(sample)
    number = 0
    reader = csv.reader(text, delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error as error:
        raise _long_cell(number + 1) from error


def _encoding(file: IO[bytes], start: bytes) -> str:
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[::2].count(0) > len(start) // 4:
        return "utf-16-be"
    if b"\x00" in start or start.lstrip().lower().startswith(OTHER_STARTS):
        raise UnreadableTable(
            _("This isn't a table. Open it in your spreadsheet program, save it as CSV or XLSX and choose "
              "the new file.")
        )  # fmt: skip
    return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(1024 * 1024):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def _delimiter(sample: str) -> str:
    """Return what divides most rows of the sample into the same number of cells."""
    whole = sample.rpartition("\n")[0] or sample

    def fitness(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter)]
        except csv.Error:
            return 0, 0
        widths = [width for width in widths if width][:50]
        if not widths or widths[0] == 1:
            return 0, 0
        return sum(width == widths[0] for width in widths), widths[0]

    return max(DELIMITERS, key=fitness)


# XLSX -----------------------------------------------------------------------------------------


def _workbook_rows(file: IO[bytes]) -> Iterator[Row]:
    try:
        _refuse_bombs(file)
        workbook = open_workbook(file)
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise UnreadableTable(_("This workbook has no sheet with a table. Choose another file."))
        sheets[0].reset_dimensions()
        seen = 0
        for number, cells in enumerate(sheets[0].iter_rows(values_only=True), start=1):
            if number > LAST_ROW:
                break
            seen += len(cells)
            if seen > MAX_CELLS:
                raise too_large()
            yield number, [_as_text(value) for value in cells]
        workbook.close()
    except BROKEN_WORKBOOK as error:
        raise UnreadableTable(
            _("This XLSX file can't be read. Open it in your spreadsheet program, save it again as XLSX or "
              "CSV and choose the new file.")
        ) from error  # fmt: skip


def _refuse_bombs(file: IO[bytes]) -> None:
    """Refuse what would unpack to too much; zipfile never unpacks more than a file states."""
    with ZipFile(file) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    file.seek(0)
    if sum(sizes.values()) > MAX_UNPACKED or sizes.get("xl/sharedStrings.xml", 0) > MAX_TEXTS:
        raise too_large()


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
