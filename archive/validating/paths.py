"""Which paths stay inside a bag, and which names every system can hold."""

from __future__ import annotations

import re
import unicodedata

OWN_FILES = frozenset({"bagit.txt", "bag-info.txt", "package-info.txt", "fetch.txt"})
"""Tag files that RFC 8493 itself describes: profiles speak of them in fields of their own."""
# \Z and never $, which also matches before a line end: names may end with one.
_OUTSIDE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^\Z"), "is empty"),
    (re.compile(r"\x00"), "holds a NUL character"),
    (re.compile(r"^(?:\\\\|//)"), "is a network path"),
    (re.compile(r"^[/\\]"), "is absolute"),
    (re.compile(r"^[A-Za-z]:"), "begins with a drive letter"),
    (re.compile(r"^~"), "begins with '~', which stands for a home folder"),
    (re.compile(r"^(?:%[^%/\\]+%|\$\w+|\$\{[^}]*\})[/\\]"), "begins with a variable of the system"),
    (re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|\Z)"), "has a '..' part"),
    (re.compile(r"(?:^|/)\.(?:/|\Z)|//|/\Z"), "has an empty or '.' part"),
)
_DEVICE = re.compile(
    r"(?:^|/)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.[^/]*)?(?:/|\Z)", re.IGNORECASE
)
_UNPORTABLE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\x01-\x1f\x7f]"), "has a control character"),
    (re.compile(r'[<>:"|?*]'), "has a character that Windows does not allow"),
    (re.compile(r"[ .](?:/|\Z)"), "has a part that ends with a space or a dot, which Windows drops"),
    (_DEVICE, "has the name of a device on Windows"),
)
_HINTS = (*'\\\x7f<>:"|?*', *map(chr, range(1, 32)), "./", ".\0")
_HINTS_WITH_BLANK = (" /", " \0")
_DEVICE_HINTS = re.compile(r"/(?:con|prn|aux|nul|com|lpt)")
_JUNK = re.compile(
    r"(?:^|/)(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]+|__MACOSX(?=/))(?:/|\Z)", re.IGNORECASE
)
_JUNK_HINTS = (".ds_store", "thumbs.db", "desktop.ini", "/._", "__macosx")


def why_outside(path: str) -> str | None:
    """Why a path does not stay inside a bag on every system, or None where it does."""
    return next((why for pattern, why in _OUTSIDE if pattern.search(path)), None)


def why_unportable(path: str) -> str | None:
    """Why not every system can hold a file of that name, or None where it can."""
    return next((why for pattern, why in _UNPORTABLE if pattern.search(path)), None)


def is_junk(path: str) -> bool:
    """Whether an operating system left the file behind."""
    return bool(_JUNK.search(path))


def look_over(paths: list[str]) -> tuple[bool, list[str]]:
    """Whether any of `paths` deserves a closer look, and all of them folded.

    A few searches over all names together cost a hundredth of a pattern over each.
    """
    joined = "\0".join(paths) + "\0"
    folded = fold_all(paths)
    if not joined.isascii():
        return True, folded
    lowered = joined.lower()
    odd = (
        any(hint in joined for hint in _HINTS)
        or (" " in joined and any(hint in joined for hint in _HINTS_WITH_BLANK))
        or _DEVICE_HINTS.search(lowered) is not None
        or any(hint in lowered for hint in _JUNK_HINTS)
    )
    return odd, folded


def fold_all(paths: list[str]) -> list[str]:
    """Each of them as `fold` gives it."""
    joined = "\0".join(paths)
    if not joined.isascii():
        return [fold(path) for path in paths]
    return joined.lower().split("\0") if paths else []


def fold(path: str) -> str:
    """What a system compares that knows neither case nor Unicode form."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def composed(path: str) -> str:
    """The path in Unicode's composed form."""
    return unicodedata.normalize("NFC", path)
