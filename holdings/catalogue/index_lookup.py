"""The merged index: under which identifier to look into which packages.

```
index/A.parquet, index/B.parquet, …  ──take in──>  lookup/9f….keys.parquet      key, package: sorted by key
                                                   lookup/9f….packages.parquet  what was taken in: last
      many small segments  ──merge──>  one
```

A cache beside the catalogue: it may be deleted at any time and is made again. It says only where
to look: what a search gives is read from the packages' own indexes, so nothing that it says can be
wrong, and a package that it lacks is looked into anyway. Nothing is ever changed in place: a segment
appears whole, and goes when a larger one holds its rows.
"""

from __future__ import annotations

import secrets
import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from holdings.arrays import no_rows, texts
from holdings.catalogue.gate import Patience, gate
from holdings.catalogue.index_query import IDENTIFIER_TERMS, STEM, Probe, folded, term
from holdings.catalogue.index_reading import SOURCE, as_duckdb_reads, engine, open_engine
from holdings.catalogue.migrating import sync_file, sync_folder
from holdings.errors import Unavailable
from holdings.observing import Advanced, Finished, Observer, Started, nobody

if TYPE_CHECKING:
    import pyarrow as pa

LOOKUP_FOLDER = "lookup"
"""Beside the database."""
WORTH_MERGING = 64
"""To look into so many packages takes as long as to merge them."""
_PACKAGES_AT_ONCE = 1000
_MOST_SEGMENTS = 16
_MERGED_AT_ONCE = 12
"""The smallest go together, so that each row is written a few times only, however many come."""
_KEYS, _PACKAGES, _PART, _SPILL = ".keys.parquet", ".packages.parquet", ".part", ".spill"
_KEY_CHARACTERS = 200
_PLACES = ("specimen", STEM, *map(term, IDENTIFIER_TERMS))
_KEYS_OF_IMAGES = f"""
    SELECT key, package_id FROM (
        SELECT package_id, unnest(list_distinct([
            {", ".join(f"left({folded(place)}, {_KEY_CHARACTERS})" for place in _PLACES)}
        ])) AS key FROM {SOURCE}
    ) WHERE key <> '' ORDER BY key, package_id
"""  # noqa: S608  # our own words only
_KEYS_OF_SEGMENTS = """
    SELECT key, package_id FROM read_parquet($paths, hive_partitioning = false) ORDER BY key, package_id
"""
_FORM = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 8192"
"""What is read to find one key: small."""
_RETRIES = 8
_JOB = "merging the image index"


Unmerged = Callable[["pa.Table"], Sequence[tuple[str, str]]]
"""Which recorded packages are not among those of a table: the ledger knows."""


class Lookup:
    """The segments in one folder. Threads and processes may share it."""

    def __init__(self, folder: Path, *, observer: Observer = nobody) -> None:
        self.folder = folder
        self._observer = observer
        self._last: tuple[list[Path], pa.Table] | None = None
        self._keys: dict[Path, _Keys] = {}

    def candidates(self, probes: Sequence[Probe], unmerged: Unmerged) -> tuple[set[str], list[str]]:
        """Every package that may hold an image that one of `probes` means: those that were merged and
        have it among their keys, and those that were not merged.

        What another process merges meanwhile is met again in a larger segment; what is damaged is
        thrown away, and then everything is unmerged.
        """
        import duckdb  # noqa: PLC0415  # takes long to import; commands that need no index do without

        for _ in range(_RETRIES):
            segments = self._segments()
            try:
                found = self._packages_with(segments, probes)
                missing = unmerged(self._listed(segments))
            except (duckdb.Error, OSError, ValueError):
                self._discard_if_damaged(segments)
            else:
                return found, [package_id for package_id, _ in missing]
        return set(), [package_id for package_id, _ in unmerged(_taken_in([]))]

    def _packages_with(self, segments: list[Path], probes: Sequence[Probe]) -> set[str]:
        if not segments:
            return set()
        # Segments never change; one that was merged into another is forgotten.
        known = {path: self._keys.get(path) or _Keys(path) for path in segments}
        self._keys = known
        keys = _folded([key for key, _ in probes])
        wanted = [(key, is_open) for key, (_, is_open) in zip(keys, probes, strict=True)]
        return {name for segment in known.values() for name in segment.packages_with(wanted)}

    def packages(self) -> pa.Table:
        """What was taken in: package_id and sha256 of each index."""
        for _ in range(_RETRIES):
            segments = self._segments()
            try:
                return _taken_in(segments)
            except (OSError, ValueError):
                self._discard_if_damaged(segments)
        return _taken_in([])

    def _listed(self, segments: list[Path]) -> pa.Table:
        """What `segments` took in: the very same table for the same ones, which never change."""
        if self._last is None or self._last[0] != segments:
            self._last = segments, _taken_in(segments)
        return self._last[1]

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Be the only one who merges; False where another is at it, or nothing can be written here."""
        with ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(gate(Patience(path=self.folder / "merging", seconds=0), exclusive=True))
            except (OSError, Unavailable):
                yield False
            else:
                yield True

    def take_in(self, indexes: Sequence[tuple[str, str, Path]]) -> None:
        """Add packages: identifier, SHA-256 of its index, and that index. To be called while `alone`."""
        self._sweep()
        self._observer(Started(job=_JOB, total_bytes=sum(path.stat().st_size for _, _, path in indexes)))
        try:
            for begin in range(0, len(indexes), _PACKAGES_AT_ONCE):
                some = indexes[begin : begin + _PACKAGES_AT_ONCE]
                paths = [as_duckdb_reads(path) for _, _, path in some]
                self._write(_KEYS_OF_IMAGES, {"paths": paths}, [(name, digest) for name, digest, _ in some])
                self._merge_small()
                done = sum(path.stat().st_size for _, _, path in some)
                self._observer(Advanced(job=_JOB, size_bytes=done))
        finally:
            self._observer(Finished(job=_JOB))

    def _merge_small(self) -> None:
        segments = sorted(self._segments(), key=lambda keys: (keys.stat().st_size, keys))
        if len(segments) <= _MOST_SEGMENTS:
            return
        small = segments[:_MERGED_AT_ONCE]
        pairs = _taken_in(small)
        values = {"paths": [as_duckdb_reads(path) for path in small]}
        self._write(_KEYS_OF_SEGMENTS, values, list(zip(*pairs.to_pydict().values(), strict=True)))
        for keys in small:
            _list_of(keys).unlink()
            keys.unlink()

    def _write(self, select: str, values: Mapping[str, object], pairs: Sequence[tuple[str, str]]) -> None:
        """A new segment; its list comes last, and with it the segment is there."""
        import pyarrow.parquet as pq  # noqa: PLC0415  # as above

        name = secrets.token_hex(8)
        keys, packages = self.folder / f"{name}{_KEYS}", self.folder / f"{name}{_PACKAGES}"
        # What does not fit into its memory goes there; DuckDB removes it in the end.
        with open_engine(temp_directory=str(self.folder / f"{name}{_SPILL}")) as connection:
            target = str(keys).replace("'", "''")
            # COPY takes no parameter as its target; the name is ours, the folder that of the settings.
            connection.execute(f"COPY ({select}) TO '{target}' ({_FORM})", values)
        sync_file(keys)
        part = packages.with_suffix(_PART)
        pq.write_table(_pairs(pairs), part, compression="zstd")
        sync_file(part)
        part.rename(packages)
        sync_folder(self.folder)

    def _segments(self) -> list[Path]:
        """The keys of every segment that is whole."""
        return [
            path.with_name(path.name.removesuffix(_PACKAGES) + _KEYS)
            for path in sorted(self.folder.glob(f"*{_PACKAGES}"))
        ]

    def _sweep(self) -> None:
        """Remove what a killed run left."""
        whole = set(self._segments())
        for path in self.folder.glob(f"*{_KEYS}"):
            if path not in whole:
                path.unlink()
        for path in [*self.folder.glob(f"*{_PART}"), *self.folder.glob(f"*{_SPILL}")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _discard_if_damaged(self, segments: Sequence[Path]) -> None:
        """Remove what cannot be read, unless it only went because it is part of a larger segment now."""
        with self.alone() as mine:
            if mine and segments == self._segments():
                for keys in segments:
                    _list_of(keys).unlink()


def _list_of(keys: Path) -> Path:
    return keys.with_name(keys.name.removesuffix(_KEYS) + _PACKAGES)


def _taken_in(segments: Iterable[Path]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # as above
    import pyarrow.parquet as pq  # noqa: PLC0415

    lists = [pq.ParquetFile(_list_of(keys)).read(use_threads=False).cast(_schema()) for keys in segments]
    return pa.concat_tables([no_rows(_schema()), *lists])


def _pairs(pairs: Sequence[tuple[str, str]]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # as above

    columns = [texts([pair[place] for pair in pairs]) for place in range(2)]
    return pa.Table.from_arrays(columns, schema=_schema())


def _schema() -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415  # as above

    return pa.schema({"package_id": pa.string(), "sha256": pa.string()})


def _folded(keys: Sequence[str]) -> list[str]:
    """As keys are written."""
    folding = f"SELECT list_transform($keys, lambda x: left({folded('x')}, {_KEY_CHARACTERS}))"
    with closing(engine()) as connection:
        ((found,),) = connection.execute(folding, {"keys": list(keys)}).fetchall()
    return list(found)


class _Keys:
    """The keys of one segment: which of its row groups may hold one is remembered, and those are read.

    Not by DuckDB, which knows the first eight bytes of a text only when it skips: of addresses that all
    begin with https:// it would read every one.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415  # as above

        self._path = path
        self._metadata = pq.read_metadata(path)
        self._firsts: list[str] = []
        self._lasts: list[str] = []
        for number in range(self._metadata.num_row_groups):
            # Each kept in hand: pyarrow crashes over statistics that outlive what they were taken from.
            group = self._metadata.row_group(number)
            column = group.column(0)
            told = column.statistics
            if group.num_rows and (told is None or not told.has_min_max):
                raise ValueError("a segment does not say where its keys are")
            self._firsts.append(told.min if group.num_rows else "")
            self._lasts.append(told.max if group.num_rows else "")

    def packages_with(self, probes: Iterable[Probe]) -> Iterator[str]:
        """Packages that have a key; one more than once where it has many.

        Of many keys, each row group is read once.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415  # as above

        wanted: dict[int, list[Probe]] = {}
        for probe in probes:
            for group in self._groups_with(probe):
                wanted.setdefault(group, []).append(probe)
        if not wanted:
            return
        with pq.ParquetFile(self._path, metadata=self._metadata) as file:
            for group in sorted(wanted):
                rows = file.read_row_group(group, use_threads=False)
                for found in _fits(rows.column("key"), wanted[group]):
                    yield from rows.column("package_id").filter(found).unique().to_pylist()

    def _groups_with(self, probe: Probe) -> Iterator[int]:
        """Row groups in which a key may be or begin so; keys are in order over all of them."""
        key, is_beginning = probe
        for group in range(bisect_left(self._lasts, key), len(self._lasts)):
            first = self._firsts[group]
            if (first[: len(key)] if is_beginning else first) > key:
                return
            yield group


def _fits(keys: pa.ChunkedArray, probes: Sequence[Probe]) -> Iterator[pa.ChunkedArray]:
    """Which keys are, and which begin with, what is asked for."""
    import pyarrow.compute as pc  # noqa: PLC0415  # as above

    whole = [key for key, is_beginning in probes if not is_beginning]
    if whole:
        yield pc.is_in(keys, value_set=texts(whole))
    for key, is_beginning in probes:
        if is_beginning:
            yield pc.starts_with(keys, key)
