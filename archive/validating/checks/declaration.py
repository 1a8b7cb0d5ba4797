"""bagit.txt: exactly two lines, in their order, in UTF-8 without a byte-order mark."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archive.validating.interface import Finding, Problem, error, gathered
from archive.validating.opened import V1_0, OpenedBag

NAME = "bagit.txt"
KNOWN = frozenset({(0, 93), (0, 94), (0, 95), (0, 96), (0, 97), (1, 0)})
_SPELLED = frozenset(f"{major}.{minor}" for major, minor in KNOWN)
_VERSION = re.compile(r"BagIt-Version: (?P<value>(?P<major>[0-9]+)\.(?P<minor>[0-9]+))")
_ENCODING = re.compile(r"Tag-File-Character-Encoding: (?P<value>[!-~]+)")
_LOOSE = re.compile(r"\s*(?P<label>[^:]*?)\s*:\s*(?P<value>.*?)\s*", re.DOTALL)
_MAX_BYTES = 64 * 1024
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def check(bag: OpenedBag) -> Iterator[Finding]:
    """The declaration, byte by byte; what can be made out of it is written down either way."""
    if NAME not in bag.contents.tags.places:
        yield error(
            "declaration-missing", "2.1.1", "There is no bagit.txt: nothing declares this a bag.", NAME
        )
        return
    try:
        data = gathered(bag.source.read(NAME), at_most=_MAX_BYTES)
    except Problem as problem:
        yield error("declaration-unreadable", "2.1.1", f"bagit.txt {problem.sentence}.", NAME)
        return
    yield from _check_bytes(data)
    lines = re.split(r"\r\n|\r|\n", data.decode("utf-8", "replace").lstrip("\ufeff"))
    unended = lines[-1] != ""
    if unended and not bag_is_old(lines):
        yield error("declaration-line-end", "2.3", "The last line of bagit.txt does not end.", NAME)
    _note_down(bag, lines)
    yield from _check_lines(lines if unended else lines[:-1])
    if bag.version_text is not None and bag.version_text not in _SPELLED:
        shown = ascii(bag.version_text[:40])
        sentence = f"{shown} is no version of BagIt; 0.93 to 0.97 and 1.0 are."
        yield error("version-unknown", "2.1.1", sentence, NAME)


def bag_is_old(lines: list[str]) -> bool:
    """Whether the first line claims a draft before 1.0: they did not say that lines end."""
    return lines[0].startswith("BagIt-Version: 0.")


def _check_bytes(data: bytes) -> Iterator[Finding]:
    if data.startswith(_BOMS):
        yield error("declaration-bom", "2.1.1", "bagit.txt begins with a byte-order mark.", NAME)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        yield error("declaration-not-utf8", "2.1.1", "bagit.txt is not UTF-8.", NAME)


def _note_down(bag: OpenedBag, lines: list[str]) -> None:
    """Read it as kindly as possible, so that one slip does not hide everything after it."""
    values = {found["label"].lower(): found["value"] for line in lines if (found := _LOOSE.fullmatch(line))}
    bag.version_text = values.get("bagit-version")
    bag.encoding = values.get("tag-file-character-encoding") or "UTF-8"
    numbers = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", bag.version_text or "", re.ASCII)
    bag.version = (int(numbers[1]), int(numbers[2])) if numbers else V1_0


def _check_lines(lines: list[str]) -> Iterator[Finding]:
    wanted = (("BagIt-Version: M.N", _VERSION), ("Tag-File-Character-Encoding: NAME", _ENCODING))
    if len(lines) > len(wanted):
        yield error("declaration-lines", "2.1.1", f"bagit.txt has {len(lines)} lines, not two.", NAME)
    for number, (shape, pattern) in enumerate(wanted):
        if number >= len(lines):
            yield error("declaration-lines", "2.1.1", f"bagit.txt has no line '{shape}'.", NAME)
        elif not pattern.fullmatch(lines[number]):
            sentence = f"Line {number + 1} of bagit.txt is not exactly '{shape}'."
            yield error("declaration-line", "2.1.1", sentence, NAME)
