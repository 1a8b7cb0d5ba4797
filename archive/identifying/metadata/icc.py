"""The name of an ICC profile (ICC.1:2022, section 7; `desc` of version 2, `mluc` of version 4)."""

from __future__ import annotations

from archive.identifying.structure import Broken

MOST_BYTES = 16 * 1024 * 1024
"""Larger than any profile that is used; only its beginning, its table and one tag are looked at."""
UNNAMED = "unnamed"
_MOST_TAGS = 200
_MOST_LETTERS = 200


def description(profile: bytes) -> str:
    """What the profile calls itself, or `unnamed`. Raises Broken where it is no profile."""
    if profile[36:40] != b"acsp" or int.from_bytes(profile[:4], "big") > len(profile):
        raise Broken("its ICC profile is damaged")
    for number in range(min(int.from_bytes(profile[128:132], "big"), _MOST_TAGS)):
        entry = profile[132 + 12 * number : 144 + 12 * number]
        if entry[:4] == b"desc":
            offset, size = int.from_bytes(entry[4:8], "big"), int.from_bytes(entry[8:12], "big")
            return _text(profile[offset : offset + min(size, 64 * 1024)])
    return UNNAMED


def _text(tag: bytes) -> str:
    if tag[:4] == b"desc":
        length = int.from_bytes(tag[8:12], "big")
        text = tag[12 : 12 + min(length, 4 * _MOST_LETTERS)].decode("ascii", "replace")
    elif tag[:4] == b"mluc":
        length, offset = int.from_bytes(tag[20:24], "big"), int.from_bytes(tag[24:28], "big")
        text = tag[offset : offset + min(length, 4 * _MOST_LETTERS)].decode("utf-16-be", "replace")
    else:
        return UNNAMED
    printable = "".join(letter for letter in text.partition("\0")[0] if letter.isprintable())
    return printable.strip()[:_MOST_LETTERS] or UNNAMED
