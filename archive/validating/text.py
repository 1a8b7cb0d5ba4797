"""Tag files as lines of text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator

from archive.validating.interface import Buffer, Problem

_BATCH_CHARACTERS = 256 * 1024
MAX_SMALL_BYTES = 64 * 1024 * 1024
"""Of a tag file that is read whole (bag-info.txt, fetch.txt)."""
_MAX_LINE = 1024 * 1024
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
"""What Python calls an encoding and nobody else does."""


def usable_encoding(name: str) -> str | None:
    """The codec for a character encoding by its IANA name, or None where there is none."""
    try:
        codec = codecs.lookup(name).name
        "".encode(codec)
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if codec.replace("-", "_") in _NO_CHARSETS else codec


def line_batches(chunks: Iterable[Buffer], encoding: str) -> Iterator[list[str]]:
    """The lines of a tag file in batches; LF, CR and CRLF end a line, nothing else does.

    A last line without an end is a line. A byte-order mark is left at the beginning.

    Raises Problem where the bytes are not of that encoding, or a line is absurdly long.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("strict"), translate=True)
    held = ""
    try:
        for chunk in chunks:
            held += decoder.decode(bytes(chunk))
            if len(held) > _BATCH_CHARACTERS:
                # Not splitlines: it also splits at U+2028, form feeds and their like.
                *lines, held = held.split("\n")
                yield lines
                _check_length(held)
        held += decoder.decode(b"", final=True)
    except UnicodeError as wrong:
        raise Problem("not-the-declared-encoding", f"is not {encoding}: {wrong.__class__.__name__}") from None
    lines = held.split("\n")
    if not lines[-1]:
        lines.pop()
    if lines:
        yield lines


def _check_length(line: str) -> None:
    if len(line) > _MAX_LINE:
        raise Problem("line-too-long", f"has a line of more than {_MAX_LINE} characters")
