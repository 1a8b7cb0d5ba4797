"""Which names can travel to every system, and which belong to no deposit."""

from __future__ import annotations

import os
import re

from archive.sources.interface import JUNK
from archive.validating.paths import is_junk

_SIGNS = re.compile(r"\\|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DOTS = re.compile(r"(?:^|/)(?:\.\.?)?(?:/|\Z)")
_DEVICE = re.compile(r"(?:^|/)((?:con|prn|aux|nul|com[1-9]|lpt[1-9])[ ]*(?:\.[^/]*)?)(?:/|\Z)", re.IGNORECASE)


def because_of_name(path: str) -> str | None:
    """Why a file of that path is left out whatever it holds; None where its name speaks for nothing."""
    return unsafe_path(path) or (JUNK if is_junk(path) else None)


def unsafe_path(path: str) -> str | None:
    """Why a relative path cannot travel to every system, or None where it can."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if sign := _SIGNS.search(path):
        if sign[0] == "\\":
            return "its name has a backslash, which other systems take for a folder"
        return "its name has a control character"
    if _DOTS.search(path):
        return "its path is absolute" if path.startswith("/") else "its path has an empty, '.' or '..' part"
    if device := _DEVICE.search(path):
        return f"'{device[1]}' is the name of a device on Windows"
    return None


def shown(path: str) -> str:
    """The path as text that can be kept: bytes that are not UTF-8 as `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def parents(path: str) -> list[str]:
    """`a/b/c.jpg`: `a`, `a/b`."""
    found = []
    end = path.find("/")
    while end >= 0:
        found.append(path[:end])
        end = path.find("/", end + 1)
    return found
