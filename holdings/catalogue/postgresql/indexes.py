"""The image indexes in the database, and on each machine those that it has looked into.

```
deposit ──add──> table indexes ──fetch, once──> index/A.parquet of this machine ──> find, get, …
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from holdings.catalogue.index import INDEX_NAME
from holdings.catalogue.index_folder import FolderIndex, Recorded, write_whole
from holdings.catalogue.postgresql.database import InPostgres
from holdings.errors import Unavailable
from holdings.observing import Observer, nobody
from holdings.records import sha256_hex

Visit = Callable[..., AbstractContextManager[InPostgres]]
_AT_ONCE = 32
"""So many indexes are in memory together."""


def keep(database: InPostgres, package_id: str, parquet: bytes) -> None:
    """Write one index; the same again is nothing."""
    query = """INSERT INTO indexes VALUES ($1, $2)
               ON CONFLICT (package_id) DO UPDATE SET parquet = excluded.parquet
               WHERE indexes.parquet IS DISTINCT FROM excluded.parquet"""
    database.rows(query, [package_id, parquet])


def is_kept(database: InPostgres, package_id: str, sha256: str) -> bool:
    """Whether that very index is in the database: the server reads it to tell."""
    query = "SELECT encode(sha256(parquet), 'hex') = $2::VARCHAR FROM indexes WHERE package_id = $1::VARCHAR"
    return database.rows(query, [package_id, sha256]) == [(True,)]


_RECORDED = f"""
    SELECT package_id, parquet FROM indexes JOIN objects USING (package_id)
    WHERE key = '{INDEX_NAME}' AND sha256 = encode(sha256(parquet), 'hex')
    AND package_id IN (SELECT unnest($1::VARCHAR[]))
"""  # noqa: S608  # our own word
"""Those that are what was recorded of them; the server reads them to tell."""


def fetched(database: InPostgres, package_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The indexes of those packages that are recorded with them, a few at a time."""
    for begin in range(0, len(package_ids), _AT_ONCE):
        for package_id, parquet in database.rows(_RECORDED, [list(package_ids[begin : begin + _AT_ONCE])]):
            yield package_id, bytes(parquet)


class SharedIndex(FolderIndex):
    """The index of a catalogue that machines share.

    What lies in the folder was fetched for a package that is recorded, and so never changes; an index
    that was only just added, whose package may yet be recorded with another one, is not put there.
    """

    def __init__(
        self, folder: Path, recorded: Recorded, visit: Visit, *, observer: Observer = nobody
    ) -> None:
        super().__init__(folder, recorded, observer=observer)
        self._visit = visit

    def add(self, package_id: str, parquet: bytes) -> None:
        self.path(package_id)  # an identifier that is none is refused
        with self._visit(write=True) as database, database.transaction():
            keep(database, package_id, parquet)

    def has(self, package_id: str) -> bool:
        self.path(package_id)
        with self._visit() as database:
            query = "SELECT true FROM indexes WHERE package_id = $1::VARCHAR"
            return bool(database.rows(query, [package_id]))

    def holds(self, package_id: str, sha256: str) -> bool:
        self._forget_unless(package_id, sha256)
        with self._visit() as database:
            return is_kept(database, package_id, sha256)

    def read(self, package_id: str) -> bytes:
        if not self.path(package_id).is_file():
            self._fetch([package_id])
        return super().read(package_id)

    def _there(self, recorded: Mapping[str, bool]) -> set[str]:
        here = super()._there(recorded)
        missing = [name for name, has_index in recorded.items() if has_index and name not in here]
        return here | self._fetch(missing) if missing else here

    def _fetch(self, package_ids: Sequence[str]) -> set[str]:
        """Bring them into the folder; which of them were to be had."""
        found: set[str] = set()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._visit() as database:
                for package_id, parquet in fetched(database, package_ids):
                    write_whole(self.path(package_id), parquet)
                    found.add(package_id)
        except OSError as error:
            raise Unavailable(f"The folder {self.folder} cannot be written: {error.strerror}.") from None
        return found

    def _forget_unless(self, package_id: str, sha256: str) -> None:
        """Take a file away that is not what was recorded: it is fetched again."""
        path = self.path(package_id)
        if path.is_file() and sha256_hex(super().read(package_id)) != sha256:
            path.unlink(missing_ok=True)
