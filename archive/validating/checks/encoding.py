"""The character encoding that bagit.txt declares for the other tag files."""

from __future__ import annotations

from collections.abc import Iterator

from archive.validating.interface import Finding, error, warning
from archive.validating.opened import OpenedBag
from archive.validating.text import usable_encoding

_WHERE = "bagit.txt"


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Known at all; and UTF-8, as 1.0 recommends. An unknown one is read as UTF-8."""
    codec = usable_encoding(bag.encoding)
    if codec is None:
        sentence = f"{bag.encoding[:40]!a} is no character encoding."
        yield error("encoding-unknown", "2.1.1", sentence, _WHERE)
    elif codec != "utf-8" and bag.is_1_0:
        sentence = f"The tag files are in {bag.encoding}; UTF-8 is recommended."
        yield warning("encoding-not-utf8", "2.3", sentence, _WHERE)
    bag.encoding = codec or "utf-8"
