"""Tag files as lines of text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from archive.validating.interface import Buffer, Problem

_BATCH_BYTES = 64 * 1024
"""What is taken at once: larger, and memory would go back to the system and come again at every batch."""
MAX_SMALL_BYTES = 64 * 1024 * 1024
"""Of a tag file that is read whole (bag-info.txt, fetch.txt)."""
_MAX_LINE = 1024 * 1024
_NO_CHARSETS = frozenset(
    {
        "charmap",
        "idna",
        "mbcs",
        "oem",
        "punycode",
        "raw_unicode_escape",
        "undefined",
        "unicode_escape",
        "utf_8_sig",
    }
)
"""What Python calls an encoding and nobody else does."""


def usable_encoding(name: str) -> str | None:
    """The codec for a character encoding by its IANA name, or None where there is none."""
    try:
        codec = codecs.lookup(name).name
        "".encode(codec)
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if codec.replace("-", "_") in _NO_CHARSETS else codec


def text_batches(chunks: Iterable[Buffer], encoding: str) -> Iterator[str]:
    """A tag file in pieces of whole lines; LF, CR and CRLF end a line and come as LF, nothing else does.

    A last line without an end is a line. A byte-order mark is left at the beginning.

    Raises Problem where the bytes are not of that encoding, or a line is absurdly long.
    """
    pieces = _pieces(chunks)
    first = next(pieces, b"")
    codec = codecs.getincrementaldecoder(_with_order(encoding, first))
    decoder = io.IncrementalNewlineDecoder(codec("strict"), translate=True)
    held = ""
    try:
        for piece in chain([first], pieces):
            held += decoder.decode(piece)
            if end := held.rfind("\n") + 1:
                yield held[:end]
                held = held[end:]
            if len(held) > _MAX_LINE:
                raise Problem("line-too-long", f"has a line of more than {_MAX_LINE} characters")
        held += decoder.decode(b"", final=True)
    except UnicodeError as wrong:
        raise Problem("not-the-declared-encoding", f"is not {encoding}: {wrong.__class__.__name__}") from None
    if held:
        yield held


def _with_order(encoding: str, first: bytes) -> str:
    """UTF-16 and UTF-32 without a byte-order mark are big-endian (RFC 2781, 4.3; Unicode, 3.10)."""
    if encoding in ("utf-16", "utf-32") and not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return encoding if first.startswith(codecs.BOM_UTF32_BE) else f"{encoding}-be"
    return encoding


def _pieces(chunks: Iterable[Buffer]) -> Iterator[bytes]:
    for chunk in chunks:
        view = memoryview(chunk)
        for start in range(0, len(view), _BATCH_BYTES):
            yield bytes(view[start : start + _BATCH_BYTES])


def lines_of(text: str) -> list[str]:
    """Its lines without their ends. Not splitlines: it also splits at U+2028, form feeds and their like."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines
