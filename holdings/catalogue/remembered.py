"""What the ledger told the image index, kept in this process for as long as its file is what it was.

To open the catalogue's file takes longer than to find an image among millions: whoever looks up one
identifier after the other opens it twice only.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from holdings.catalogue.index_query import Probe, Withdrawn
from holdings.catalogue.recorded import RecordedPackages, Row

if TYPE_CHECKING:
    import pyarrow as pa

MOST_PACKAGES = 100_000
"""About 30 MB; a larger ledger is asked each time."""
_SETTLED_SECONDS = 2.0
"""File systems tell times by their ticks: a file that was written just now may be written again
within the same one, and look the same."""

Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """Something that is another one after the file was written; None where that cannot be relied on."""
    try:
        status = path.stat()
        if time.time() - status.st_mtime < _SETTLED_SECONDS or path.with_name(path.name + ".wal").exists():
            return None
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True, kw_only=True)
class _Told:
    stamp: Stamp
    packages: Mapping[str, Row]
    names: Sequence[str]
    """The same packages, in order."""
    withdrawn: Withdrawn


class RememberedPackages:
    """Answers as `recorded` does.

    stamp : as `stamp_of` gives it for the ledger; None while the ledger is being written.
    """

    def __init__(self, recorded: RecordedPackages, stamp: Callable[[], Stamp | None]) -> None:
        self._recorded = recorded
        self._stamp = stamp
        self._seen: Stamp | None = None
        self._told: _Told | None = None
        self._compared: tuple[_Told, pa.Table, list[tuple[str, str]]] | None = None
        self._pinned = threading.local()

    @contextmanager
    def moment(self) -> Iterator[None]:
        told = self._current()
        if told is None:
            with self._recorded.moment():
                yield
            return
        self._pinned.told = told
        try:
            yield
        finally:
            self._pinned.told = None

    def packages(
        self, *, collection: str | None = None, package_ids: Collection[str] | None = None
    ) -> Mapping[str, bool]:
        told = self._here()
        if told is None:
            return self._recorded.packages(collection=collection, package_ids=package_ids)
        names = told.names if package_ids is None else sorted(told.packages.keys() & set(package_ids))
        rows = ((name, told.packages[name]) for name in names)
        return {name: row.sha256 is not None for name, row in rows if collection in (None, row.collection)}

    def named_in(self, probes: Sequence[Probe]) -> list[str]:
        told = self._here()
        if told is None:
            return self._recorded.named_in(probes)
        keys = [key.lower() for key, _ in probes]
        found = {
            name for name, dot, _ in (key.partition(".") for key in keys) if dot and name in told.packages
        }
        if any(is_open for _, is_open in probes):
            for key in keys:
                after = told.names[bisect_left(told.names, key) :]
                found.update(takewhile(lambda name: name.startswith(key), after))  # noqa: B023  # used up at once
        return sorted(found)

    def withdrawn(self) -> Withdrawn:
        told = self._here()
        return self._recorded.withdrawn() if told is None else told.withdrawn

    def unmerged(self, merged: pa.Table) -> list[tuple[str, str]]:
        told = self._here()
        if told is None:
            return self._recorded.unmerged(merged)
        if self._compared is None or self._compared[0] is not told or self._compared[1] is not merged:
            pairs = set(zip(*(column.to_pylist() for column in merged.columns), strict=True))
            indexed = ((name, row.sha256) for name, row in told.packages.items() if row.sha256 is not None)
            self._compared = told, merged, sorted(set(indexed) - pairs)
        return self._compared[2]

    def _here(self) -> _Told | None:
        """What this moment began with, else what is true now."""
        pinned: _Told | None = getattr(self._pinned, "told", None)
        return pinned or self._current()

    def _current(self) -> _Told | None:
        stamp = self._stamp()
        if stamp is None:
            return None
        if self._told is None or self._told.stamp != stamp:
            # Not at the first question: most programs ask one only.
            self._told = self._ask(stamp) if self._seen == stamp else None
        self._seen = stamp
        return self._told

    def _ask(self, stamp: Stamp) -> _Told | None:
        with self._recorded.moment():
            rows = self._recorded.rows(at_most=MOST_PACKAGES)
            withdrawn = self._recorded.withdrawn()
        if rows is None or self._stamp() != stamp:
            return None
        return _Told(stamp=stamp, packages=rows, names=sorted(rows), withdrawn=withdrawn)
