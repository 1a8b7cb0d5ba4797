"""What a bag says of itself, in tag files that any archive can read without us.

`premis`   what was done to the files, and their fixity: PREMIS 3.0
`tables`   the matched records, a row per image: Parquet and CSV
`crate`    the same for whoever finds the bag on the web: RO-Crate 1.2
`profile`  the BagIt profile that our bags keep

All of it is a function of the contents and the digests, and its length is known before the
digests are: a bag's size is told to the store before a byte is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archive.describing.crate import CRATE_NAME, crate_json
from archive.describing.interface import Contents
from archive.describing.premis import PREMIS_NAME, premis_xml
from archive.describing.tables import CSV_NAME, PARQUET_NAME, Records, csv_bytes, parquet_bytes

__all__ = ["tag_files"]


def tag_files(contents: Contents, digests: Mapping[str, Sequence[bytes]]) -> list[tuple[str, bytes]]:
    """The tag files that describe a bag, with their names, in the order in which they are written.

    digests : for each algorithm, the digest of each payload file, in the order of `contents.files`.
    """
    tags = [(PREMIS_NAME, premis_xml(contents, digests))]
    records = Records.of(contents)
    if records.matched:
        tags += [(PARQUET_NAME, parquet_bytes(records)), (CSV_NAME, csv_bytes(records))]
    return [*tags, (CRATE_NAME, crate_json(contents, digests, tags))]
