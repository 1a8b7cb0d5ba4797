"""Images of some packages that others hold, too, under the same path: asked of their indexes, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from holdings.catalogue.index import FETCH_HINT
from holdings.catalogue.index_query import STEM, folded
from holdings.catalogue.index_reading import as_duckdb_reads, engine
from holdings.errors import Corrupt

_ROWS_AT_ONCE = 10_000
_READ = "read_parquet({}, hive_partitioning = false, union_by_name = true)"
_NAMES = f"SELECT DISTINCT {folded(STEM)} AS name FROM {_READ.format('$ours')} WHERE name <> ''"  # noqa: S608  # our own words only
_SAME = f"""
    SELECT ours.path, coalesce(max(theirs.package_id) FILTER (WHERE theirs.sha256 = ours.sha256),
                               max(theirs.package_id)),
           bool_or(theirs.sha256 = ours.sha256)
    FROM (SELECT path, sha256 FROM {_READ.format("$ours")}) AS ours
    JOIN (SELECT path, sha256, package_id FROM {_READ.format("$theirs")}) AS theirs ON ours.path = theirs.path
    GROUP BY ours.path ORDER BY ours.path
"""  # noqa: S608  # our own words only


def file_names(ours: Sequence[Path]) -> list[str]:
    """What the files are named in the indexes `ours`, without what follows the dot, as names are compared."""
    return [name for (name,) in _rows(_NAMES, ours=ours)]


def same_paths(ours: Sequence[Path], theirs: Sequence[Path]) -> Iterator[tuple[str, str, bool]]:
    """See `ImageIndex.same_paths`."""
    yield from _rows(_SAME, ours=ours, theirs=theirs)


def _rows(query: str, **paths: Sequence[Path]) -> Iterator[tuple]:  # type: ignore[type-arg]  # as the query says
    import duckdb  # noqa: PLC0415  # takes long to import; commands that need no index do without

    if not all(paths.values()):
        return
    values = {name: [as_duckdb_reads(path) for path in some] for name, some in paths.items()}
    try:
        with closing(engine()) as connection:
            found = connection.execute(query, values)
            while rows := found.fetchmany(_ROWS_AT_ONCE):
                yield from rows
    except duckdb.Error as error:
        raise Corrupt("An image index cannot be read.", hint=FETCH_HINT, detail=str(error)) from None
