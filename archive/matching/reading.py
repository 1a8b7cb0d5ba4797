"""The door: a metadata file or folder of any form that is known, told by its bytes and not by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive.matching.darwin_core_archive import read_folder, read_zipped
from archive.matching.delimited import read_delimited
from archive.matching.opends import read_opends
from archive.matching.parquet import read_parquet
from archive.matching.records import Records
from archive.matching.sources import file_source
from holdings.errors import BadInput

FORMS = "a table (CSV or TSV), a Darwin Core Archive, Parquet or openDS JSON"
_HOW_OUT = f"Give {FORMS}."
_HEAD_BYTES = 4096
_REFUSED = (
    (b"\x1f\x8b", "is compressed with gzip", "Unpack it first."),
    (b"BZh", "is compressed with bzip2", "Unpack it first."),
    (b"\xfd7zXZ", "is compressed with xz", "Unpack it first."),
    (b"7z\xbc\xaf", "is a 7-Zip archive", "Give a zip or the unpacked folder."),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook", "Save the sheet as CSV (UTF-8)."),
    (b"SQLite format 3", "is a database", _HOW_OUT),
    (b"PARE", "is an encrypted Parquet file", "Write it again without encryption."),
    (b"%PDF", "is a PDF", _HOW_OUT),
    (b"\xff\xd8\xff", "is an image", _HOW_OUT),
    (b"\x89PNG", "is an image", _HOW_OUT),
    (b"II*\x00", "is an image", _HOW_OUT),
    (b"MM\x00*", "is an image", _HOW_OUT),
)


def read_metadata(path: Path) -> Records:
    """Read specimen metadata. BadInput names the file, the rule it breaks and the way out."""
    records = Records(path.name)
    try:
        _reader(path)(path, records)
        return records.done()
    except BaseException:
        records.close()
        raise


def _reader(path: Path) -> Callable[[Path, Records], None]:
    if path.is_dir():
        return read_folder
    source = file_source(path)
    with source.opens() as opened:
        head = opened.read(_HEAD_BYTES)
    for signature, what, way_out in _REFUSED:
        if head.startswith(signature):
            raise BadInput(f"The metadata {path.name} {what}, which is not read.", hint=way_out)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_zipped
    if head.startswith(b"PAR1"):
        return read_parquet
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first == b"<":
        raise BadInput(
            f"The metadata {path.name} is XML by itself, which is not read.",
            hint="Give the whole Darwin Core Archive: its zip, or the folder that holds meta.xml.",
        )
    if first in (b"{", b"["):
        return read_opends
    return lambda path, records: read_delimited(file_source(path), records)
