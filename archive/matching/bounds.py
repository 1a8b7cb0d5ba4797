"""How much a metadata file may ask for: far above what is honest, far below what hurts."""

from __future__ import annotations

from holdings.errors import BadInput

MAX_COLUMNS = 5_000
"""All of Darwin Core, Audiovisual Core and Dublin Core together are about 500 terms."""
MAX_RECORD_CHARACTERS = 1024 * 1024
"""Of one record, or one line. It is held whole, as text and as terms, for tables, index and documents."""
MAX_FIELD_CHARACTERS = 131_072
"""What Python's csv module accepts as it comes; its limit is the whole process's and is not changed."""
MAX_TABLE_BYTES = 2 * 1024**3
"""Of one table, unpacked. Records are kept on disk while they are matched."""
MAX_RECORDS = 20_000_000
MAX_JSON_CHARACTERS = 4 * 1024**2
"""Of one JSON document, which is held whole, about five times its size (thirty times, where it is made of
brackets); a list of them is not."""
MAX_META_XML_BYTES = 1024 * 1024
MAX_MEMBERS = 1_000
"""Files in an archive: a Darwin Core Archive has a handful."""
MAX_ZIP_DIRECTORY_BYTES = 1024 * 1024
MAX_ZIP_RATIO = 250
"""Unpacked by packed. Tables pack 5 to 60 times; a bomb of zeros 1,000 times."""
ZIP_RATIO_FROM_BYTES = 1024 * 1024
"""A ratio says nothing about a small file."""
MAX_NAMED = 100
"""Findings of one kind that are named one by one; the rest is counted."""
MAX_PATTERN_CHARACTERS = 500
MAX_RIVALS = 10
"""Records that are named as claiming the same image."""


_ONE_ROW = "Is it written with one column per specimen? Give one row per specimen or image."


def check_columns(count: int, origin: str) -> None:
    """BadInput where a table is wider than any table of specimens."""
    if count > MAX_COLUMNS:
        raise BadInput(
            f"{origin} has {count:,} columns; a table of specimens may have {MAX_COLUMNS:,}.", hint=_ONE_ROW
        )


def too_long(origin: str, where: str) -> BadInput:
    """What is raised for a record that is none of a specimen.

    where : `line 7`; a record may go over several lines, and begins there.
    """
    if where == "line 1":
        return BadInput(
            f"{origin}, line 1 has more than {MAX_RECORD_CHARACTERS:,} characters; it names the columns, and "
            f"a table of specimens may have {MAX_COLUMNS:,}.",
            hint=_ONE_ROW,
        )
    return BadInput(
        f"{origin}, {where}: a record has more than {MAX_RECORD_CHARACTERS:,} characters.",
        hint="Look for a quotation mark that is opened there and never closed; keep long texts in files of "
        "their own, beside the images.",
    )
