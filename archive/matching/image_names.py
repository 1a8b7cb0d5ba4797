"""Which records claim an image: looked up on disk, for many images at a time.

Where several images share a file name, a record that names one of them with its folders claims the one
that it tells apart: the longest end of the path that only one image has decides.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from archive.matching.bounds import MAX_RIVALS
from archive.matching.claims import FILE, NUMBER, URI
from archive.matching.file_names import ends, name_key
from archive.matching.records import Records

Item = TypeVar("Item")
_BATCH = 500
_AMONG = "IN (SELECT value FROM json_each(?))"
_SCHEMA = (
    # Images that some record names, by the name alone.
    "CREATE TEMP TABLE named (name TEXT NOT NULL, path TEXT NOT NULL)",
    # Names that several images have, and how many images have each end of their paths.
    "CREATE TEMP TABLE shared (name TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TEMP TABLE ends (key TEXT PRIMARY KEY, images INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TEMP TABLE moved (claim INTEGER PRIMARY KEY, key TEXT NOT NULL)",
)
_NAMED = f"SELECT DISTINCT key FROM claims WHERE by IN ({URI}, {FILE}) AND key {_AMONG}"
_TOO_MANY = f"SELECT 1 FROM claims WHERE by IN ({URI}, {FILE}, {NUMBER}) GROUP BY by, key HAVING count(*) > ?"
_KEEP_FIRST = f"""
    DELETE FROM claims WHERE rowid IN (
        SELECT claim FROM (
            SELECT rowid AS claim, dense_rank() OVER (PARTITION BY by, key ORDER BY record) AS nth
            FROM claims WHERE by IN ({URI}, {FILE}, {NUMBER})
        ) WHERE nth > ?
    )
"""

Claimed = dict[str, list[int]]
"""Key to the first records that claim it."""


def batched(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many at a time as are looked up at once."""
    waiting = iter(items)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


class ImageNames:
    """The claims of all records, told apart by the images that there are."""

    def __init__(self, records: Records, images: Iterable[str]) -> None:
        self._records = records
        for statement in _SCHEMA:
            records.write(statement)
        for batch in batched(images):
            self._note(batch)
        records.write("CREATE INDEX temp.named_name ON named (name)")
        records.write("INSERT INTO shared SELECT name FROM named GROUP BY name HAVING count(*) > 1")
        self._some_shared = records.ask("SELECT 1 FROM shared LIMIT 1").fetchone() is not None
        if self._some_shared:
            self._tell_apart()
        if records.ask(_TOO_MANY, MAX_RIVALS).fetchone():
            records.write(_KEEP_FIRST, MAX_RIVALS)

    def _note(self, images: Sequence[str]) -> None:
        names = [name_key(path) for path in images]
        claimed = {key for (key,) in self._records.ask(_NAMED, json.dumps(names))}
        if claimed:
            rows = [(name, path) for name, path in zip(names, images, strict=True) if name in claimed]
            self._records.write_many("INSERT INTO named VALUES (?, ?)", rows)

    def _tell_apart(self) -> None:
        records = self._records
        images = records.ask("SELECT path FROM named WHERE name IN (SELECT name FROM shared)")
        records.write_many(
            "INSERT INTO ends VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET images = images + 1",
            ((end,) for (path,) in images for end in ends(path)),
        )
        claims = records.ask(
            f"SELECT rowid, named FROM claims WHERE by IN ({URI}, {FILE}) AND named IS NOT NULL"
            " AND key IN (SELECT name FROM shared)"
        )
        records.write_many(
            "INSERT INTO moved VALUES (?, ?)",
            ((claim, key) for claim, named in claims if (key := self._only(named)) is not None),
        )
        records.write(
            "UPDATE claims SET key = (SELECT key FROM moved WHERE claim = claims.rowid)"
            " WHERE rowid IN (SELECT claim FROM moved)"
        )

    def _only(self, named: str) -> str | None:
        """The longest end of a path that exactly one image has."""
        for end in reversed(ends(named)):
            found = self._records.ask("SELECT images FROM ends WHERE key = ?", end).fetchone()
            if found == (1,):
                return end
        return None

    def claims(self, images: Sequence[str]) -> Iterator[tuple[tuple[list[int], bool], ...]]:
        """For each image the records that give its address and those that name its file; with each, whether
        they name it no more clearly than another image."""
        names = [name_key(path) for path in images]
        shared: set[str] = set()
        if self._some_shared:
            query = f"SELECT name FROM shared WHERE name {_AMONG}"
            shared = {name for (name,) in self._records.ask(query, json.dumps(names))}
        keys = [
            *names,
            *(end for name, path in zip(names, images, strict=True) if name in shared for end in ends(path)),
        ]
        found = [self.claimed(by, keys) for by in (URI, FILE)]
        for name, path in zip(names, images, strict=True):
            yield tuple(_of_image(claimed, name, path if name in shared else None) for claimed in found)

    def claimed(self, by: int, keys: Iterable[str]) -> Claimed:
        """The records that claim any of the keys."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        query = f"SELECT DISTINCT key, record FROM claims WHERE by = ? AND key {_AMONG} ORDER BY key, record"
        for key, record in self._records.ask(query, by, json.dumps(list(keys))):
            found[key].append(record)
        return dict(found)


def _of_image(claimed: Claimed, name: str, shared_path: str | None) -> tuple[list[int], bool]:
    if shared_path is None:
        return claimed.get(name, []), False
    clear = [record for end in ends(shared_path) for record in claimed.get(end, ())]
    return (clear, False) if clear else (claimed.get(name, []), True)
