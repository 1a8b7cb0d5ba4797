"""Records that name a file of the deposit, by its address or by its name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote


def name_key(path: str) -> str:
    """The file name at the end of a path, without regard to case and Unicode form."""
    name = path.rpartition("/")[2]
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def ends(path: str) -> list[str]:
    """`a/b/c.jpg`: `b/c.jpg`, `a/b/c.jpg`, as keys; the shortest first."""
    parts = [name_key(part) for part in path.split("/") if part]
    return ["/".join(parts[-length:]) for length in range(2, min(len(parts), 8) + 1)]


def named_by_uri(value: str) -> Iterable[str]:
    """The paths that a field of addresses names; a field may hold several, set apart by a bar."""
    for uri in value.split("|"):
        path = uri.strip().partition("#")[0].partition("?")[0]
        if not path.endswith("/"):
            yield unquote(path)


def named_by_file(value: str) -> Iterable[str]:
    """The path that a column of file names gives, from Windows, too."""
    yield value.strip().replace("\\", "/")
