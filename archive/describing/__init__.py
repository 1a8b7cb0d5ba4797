"""What a bag says of itself, in tag files that any archive can read without us.

`premis`   what was done to the files, and their fixity: PREMIS 3.0
`tables`   the matched records, a row per image: Parquet and CSV
`crate`    the same for whoever finds the bag on the web: RO-Crate 1.2
`profile`  the BagIt profile that our bags keep

All of it is a function of the contents and the digests, and its length is known before the
digests are: a bag's size is told to the store before a byte is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from archive.describing.crate import CRATE_NAME, crate_draft
from archive.describing.interface import Contents
from archive.describing.premis import PREMIS_NAME, premis_draft
from archive.describing.tables import CSV_NAME, PARQUET_NAME, Records, csv_bytes, parquet_bytes
from archive.describing.uris import path_uri

__all__ = ["Description", "tag_files"]


class Description:
    """The tag files of one bag, written once, but for the digests."""

    def __init__(self, contents: Contents, algorithms: Sequence[str]) -> None:
        uris = [path_uri(item.file.path) for item in contents.files]
        self._premis = premis_draft(contents, algorithms, uris)
        self._tables = _tables(contents)
        self._sizes = [(PREMIS_NAME, len(self._premis)), *((name, len(data)) for name, data in self._tables)]
        self._crate = crate_draft(contents, algorithms, uris, self._sizes)

    def sizes(self) -> list[tuple[str, int]]:
        """How many bytes each tag file will have, in the order of `tag_files`."""
        return [*self._sizes, (CRATE_NAME, len(self._crate))]

    def tag_files(self, digests: Mapping[str, Sequence[bytes]]) -> list[tuple[str, bytes]]:
        """The tag files with their names, in the order in which they are written.

        digests : for each algorithm, the digest of each payload file, in the order of the contents.
        """
        tags = [(PREMIS_NAME, self._premis.filled(digests)), *self._tables]
        sha256 = [*digests.get("sha256", ()), *(hashlib.sha256(data).digest() for _, data in tags)]
        return [*tags, (CRATE_NAME, self._crate.filled({"sha256": sha256}))]


def tag_files(contents: Contents, digests: Mapping[str, Sequence[bytes]]) -> list[tuple[str, bytes]]:
    """The tag files that describe a bag, where its digests are known already."""
    return Description(contents, tuple(digests)).tag_files(digests)


def _tables(contents: Contents) -> list[tuple[str, bytes]]:
    records = Records.of(contents)
    if not records.matched:
        return []
    return [(PARQUET_NAME, parquet_bytes(records)), (CSV_NAME, csv_bytes(records))]
