"""Records that name a file of the deposit, by its address or by its name."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from archive.matching.bounds import MAX_RIVALS

Claims = dict[str, list[int]]
"""Key of a file name or of the end of a path to the first records that name it."""


class ImageNames:
    """The images of a deposit by file name; where several share one, by the ends of their paths, too."""

    def __init__(self, images: Sequence[str]) -> None:
        self._names: set[str] = set()
        self._shared: set[str] = set()
        for path in images:
            name = name_key(path)
            (self._shared if name in self._names else self._names).add(name)
        self._ends: defaultdict[str, int] = defaultdict(int)
        for path in images if self._shared else ():
            if name_key(path) in self._shared:
                for end in _ends(path):
                    self._ends[end] += 1

    def claim(self, claims: Claims, named: str, record: int) -> bool:
        """Note that `record` names a file; False where the deposit has no such file.

        Where several images have the name, the longest end of a path that only one of them has decides.
        """
        key = name_key(named)
        if key not in self._names:
            return False
        if key in self._shared:
            key = next((end for end in reversed(_ends(named)) if self._ends.get(end) == 1), key)
        rivals = claims.setdefault(key, [])
        if record not in rivals and len(rivals) < MAX_RIVALS:
            rivals.append(record)
        return True

    def claimed(self, claims: Claims, path: str) -> tuple[list[int], bool]:
        """The records that name an image, and whether they name it no more clearly than another image."""
        name = name_key(path)
        if name not in self._shared:
            return claims.get(name, []), False
        clear = [record for end in _ends(path) for record in claims.get(end, ())]
        return (clear, False) if clear else (claims.get(name, []), True)


def name_key(path: str) -> str:
    """The file name at the end of a path, without regard to case and Unicode form."""
    name = path.rpartition("/")[2]
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def _ends(path: str) -> list[str]:
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
