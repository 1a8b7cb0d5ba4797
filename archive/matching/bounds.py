"""How much a metadata file may ask for: far above what is honest, far below what hurts."""

from __future__ import annotations

MAX_COLUMNS = 5_000
"""All of Darwin Core, Audiovisual Core and Dublin Core together are about 500 terms."""
MAX_LINE_CHARACTERS = 16 * 1024 * 1024
MAX_FIELD_CHARACTERS = 131_072
"""What Python's csv module accepts as it comes; its limit is the whole process's and is not changed."""
MAX_TABLE_BYTES = 2 * 1024**3
"""Of one table, unpacked. Records are kept on disk while they are matched."""
MAX_RECORDS = 20_000_000
MAX_JSON_CHARACTERS = 8 * 1024**2
"""Of one JSON document, which is held whole, about five times its size; a list of them is not."""
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
