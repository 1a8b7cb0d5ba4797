"""Which letters the bytes of a table stand for: told by its mark, by trying, and never in silence."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from archive.matching.findings import Findings, shown
from archive.matching.sources import Source
from holdings.errors import BadInput

_BLOCK_BYTES = 1024 * 1024
_MARKS = (
    # UTF-32 before UTF-16: the mark of one begins the mark of the other.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAID = {"utf-8-sig": "UTF-8 with a byte order mark", "utf-16": "UTF-16", "utf-32": "UTF-32"}
_ACCEPTED = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii", "mac-roman"}
    | {f"iso8859-{part}" for part in range(1, 17)}
    | {f"cp125{page}" for page in range(9)}
)
"""An archive may name its encoding; Python knows many that are none (zlib, unicode_escape)."""


def find_encoding(source: Source, findings: Findings, *, declared: str = "utf-8") -> str:
    """A Python codec that reads all of `source`; says so where it is not the one declared.

    Raises BadInput where the bytes are no text: this reads the source once, in blocks.
    """
    with source.opens() as opened:
        head = opened.read(4096)
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    codec = marked or _utf16_without_mark(head)
    if codec:
        said = _SAID.get(codec, "UTF-16 without a byte order mark")
        findings.add("encoding", f"{source.name} is read as {said}.")
        return codec
    expected = _codec(declared, source.name)
    odd_line = _first_undecodable_line(source, expected)
    if odd_line is None:
        return expected
    if _first_undecodable_line(source, "cp1252") is not None:
        raise BadInput(
            f"{source.name} is neither {declared} (see line {odd_line}) nor Windows-1252 text.",
            hint="Save it again as UTF-8.",
        )
    findings.add(
        "encoding", f"{source.name} is read as Windows-1252, since it is not {declared}: see line {odd_line}."
    )
    return "cp1252"


def _codec(declared: str, name: str) -> str:
    try:
        codec = codecs.lookup(declared.strip() or "utf-8").name
    except (LookupError, ValueError):
        codec = ""
    if codec not in _ACCEPTED:
        raise BadInput(
            f"{name} is said to be in the encoding {shown(declared)}, which is not one for tables.",
            hint="Save it again as UTF-8.",
        )
    return codec


def _utf16_without_mark(head: bytes) -> str | None:
    """Text in UTF-16 has a zero in most pairs, always on the same side; other text has none."""
    pairs = len(head) // 2
    even, odd = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if pairs == 0 or max(even, odd) < 0.4 * pairs or min(even, odd) > 0.1 * pairs:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _first_undecodable_line(source: Source, codec: str) -> int | None:
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    for block, last in _blocks(source):
        try:
            line += decoder.decode(block, last).count("\n")
        except UnicodeDecodeError as error:
            return line + bytes(error.object[: error.start]).count(b"\n")
    return None


def _blocks(source: Source) -> Iterator[tuple[bytes, bool]]:
    with source.opens() as opened:
        while block := opened.read(_BLOCK_BYTES):
            yield block, False
    yield b"", True
