"""What the ledger tells the image index: which packages there are, and what is withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdings.catalogue.index import INDEX_NAME
from holdings.catalogue.index_query import Probe, Withdrawn

if TYPE_CHECKING:
    import pyarrow as pa

    from holdings.catalogue.database import Database


@dataclass(frozen=True, slots=True)
class Row:
    """A package, as far as the image index needs to know it."""

    collection: str
    sha256: str | None
    """Of its index; None where it has none."""


def not_among(indexed: pa.Table, merged: pa.Table) -> list[tuple[str, str]]:
    """Rows (package, SHA-256) of the first table that the second has not, in order."""
    import pyarrow.compute as pc  # noqa: PLC0415  # takes long to import; commands that need no index do without

    # Not by `join`, which loads all of pyarrow's datasets and with them pandas. Each column for itself
    # says the same as both together: an index names its package in every row, so no two share a SHA-256.
    keys = ("package_id", "sha256")
    known = [pc.is_in(indexed.column(key), value_set=merged.column(key).combine_chunks()) for key in keys]
    missing = indexed.filter(pc.invert(pc.and_(*known)))
    return sorted(zip(*(missing.column(key).to_pylist() for key in keys), strict=True))


Visit = Callable[[], AbstractContextManager["Database"]]


class RecordedPackages:
    """The answers of one catalogue."""

    def __init__(self, visit: Visit, moment: Callable[[], AbstractContextManager[None]]) -> None:
        self._visit = visit
        self.moment = moment

    def packages(
        self, *, collection: str | None = None, package_ids: Collection[str] | None = None
    ) -> Mapping[str, bool]:
        query = """
            SELECT package_id, coalesce(bool_or(key = $1::VARCHAR), false)
            FROM packages LEFT JOIN objects USING (package_id)
            WHERE ($2::VARCHAR IS NULL OR collection = $2::VARCHAR)
            AND ($3::VARCHAR[] IS NULL OR package_id IN (SELECT unnest($3::VARCHAR[])))
            GROUP BY package_id ORDER BY package_id
        """
        named = None if package_ids is None else sorted(package_ids)
        with self._visit() as database:
            return {row[0]: row[1] for row in database.rows(query, [INDEX_NAME, collection, named])}

    def named_in(self, probes: Sequence[Probe]) -> list[str]:
        query = """
            SELECT DISTINCT package_id FROM packages, unnest($1::VARCHAR[]) AS probes (key)
            WHERE starts_with(lower(key), package_id || '.')
            OR ($2::BOOLEAN AND starts_with(package_id, lower(key)))
        """
        is_beginning = any(is_open for _, is_open in probes)
        with self._visit() as database:
            found = database.rows(query, [[key for key, _ in probes], is_beginning])
        return [row[0] for row in found]

    def withdrawn(self) -> Withdrawn:
        with self._visit() as database:
            rows = database.rows("SELECT package_id, image_id FROM withdrawals")
        return Withdrawn(
            packages=frozenset(package_id for package_id, image_id in rows if image_id is None),
            images=frozenset(image_id for _, image_id in rows if image_id is not None),
        )

    def unmerged(self, merged: pa.Table) -> list[tuple[str, str]]:
        with self._visit() as database:
            query = f"SELECT package_id, sha256 FROM objects WHERE key = '{INDEX_NAME}'"  # noqa: S608  # our own word
            indexed = database.table(query)
        # Not joined in the database: a table of ours cannot be registered there while another thread
        # opens the same file ("python_arrow_scan does not exist").
        return not_among(indexed, merged)

    def rows(self, *, at_most: int) -> dict[str, Row] | None:
        """All packages; None where they are more than `at_most`."""
        query = """
            SELECT package_id, max(collection), max(sha256) FILTER (WHERE key = $1::VARCHAR)
            FROM packages LEFT JOIN objects USING (package_id) GROUP BY package_id LIMIT $2::BIGINT
        """
        with self._visit() as database:
            found = database.rows(query, [INDEX_NAME, at_most + 1])
        return {row[0]: Row(row[1], row[2]) for row in found} if len(found) <= at_most else None
