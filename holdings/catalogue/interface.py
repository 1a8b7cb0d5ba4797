"""The seam: what every catalogue promises. DuckDB today, PostgreSQL beside it later.

The catalogue is a ledger that can always be rebuilt from the stores; nothing is true
because the catalogue says so, and nothing is written to it that the stores do not
already hold (`holdings.ledger` keeps that order).

Promises:

* `record` is one transaction: all of it is there after a crash, or none.
* Events are append-only; an event that is recorded twice is there once.
* Two processes may use one catalogue: the second waits, tells the observer, and raises
  CatalogueBusy only when the lock was held for longer than the time-out.
* Answers come in a fixed order (by identifier; events by `event_id`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from holdings.arrays import python_values
from holdings.records import Copy, Event, EventType, Image, Package, Withdrawal

if TYPE_CHECKING:
    import pyarrow as pa

    from holdings.catalogue.index_query import ImageQuery
    from holdings.catalogue.leasing import Lease


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What one `record` writes, together or not at all."""

    packages: Sequence[Package] = field(default=())
    copies: Sequence[Copy] = field(default=())
    """Each replaces the row of the same package and store."""
    events: Sequence[Event] = field(default=())
    expecting: Sequence[Copy] = field(default=())
    """Copies that must still be as here (status and maker) when this is written; else nothing is,
    and Conflict is raised. So what two runs decide at once cannot add up to too little."""


class ImageIndex(Protocol):
    """One Parquet file per package; millions of images stay out of the database."""

    def add(self, package_id: str, parquet: bytes) -> None:
        """Keep the index of a package (the very bytes that lie in the stores). Idempotent."""
        ...

    def has(self, package_id: str) -> bool:
        """Whether the index of that package is here."""
        ...

    def holds(self, package_id: str, sha256: str) -> bool:
        """Whether the index of that package is here, with those very bytes."""
        ...

    def images(self, package_id: str) -> list[Image]:
        """The images of one package, in order. Raises NotFound."""
        ...

    def image(self, image_id: str) -> Image:
        """One image, by reading the index of its package only. Raises NotFound, BadInput."""
        ...

    def sums(
        self, package_ids: Iterable[str], wanted: Mapping[str, str | None]
    ) -> dict[str, dict[str, str | None]]:
        """What the images of each package have in common: distinct values, sorted, joined with ` | `.

        wanted : by name the term that is summed up; None means the media type.

        Packages without an index here are left out; a name is None where no image has the term.
        """
        ...

    def query(
        self, *, collection: str | None = None, text: str | None = None, limit: int | None = None
    ) -> pa.Table:
        """Images as a table with the columns of `holdings.records.Image`, ordered by package and number.

        text : keeps the images whose identifier or path contains it, whatever the case.

        What is withdrawn is not among them.
        """
        ...

    def search(self, query: ImageQuery) -> Iterator[pa.RecordBatch]:
        """The same for any question, as the rows come: memory does not grow with the answer."""
        ...

    def sharing_names(self, package_ids: Sequence[str]) -> set[str]:
        """Packages that may hold an image with the file name (without what follows the dot) of one of these.

        What is in one index only for want of merging is among them, and so are they themselves.
        """
        ...

    def same_paths(
        self, package_ids: Sequence[str], others: Sequence[str]
    ) -> Iterator[tuple[str, str, bool]]:
        """The paths of images of the former packages that images of the latter have, too, in order.

        With each the last of the packages that has it, of those with the same content if there is one,
        and whether there is.
        """
        ...

    def merge(self, *, at_least: int = 1) -> None:
        """Make finding by identifier quick for the packages that came since, if they are so many."""
        ...


class Catalogue(Protocol):
    """The ledger of packages, copies and events."""

    @property
    def catalogue_id(self) -> str:
        """Random, given at creation, kept by backup and rebuild of the same holdings."""
        ...

    @property
    def images(self) -> ImageIndex:
        """The image index that belongs to this catalogue."""
        ...

    def record(self, entry: Entry) -> None:
        """Write packages, copies and events in one transaction."""
        ...

    def package(self, package_id: str) -> Package:
        """One package. Raises NotFound."""
        ...

    def packages(
        self, *, collection: str | None = None, package_ids: Collection[str] | None = None
    ) -> list[Package]:
        """Every package, or those of one collection, or those named that there are."""
        ...

    def latest_bags(self, package_ids: Collection[str], *, collection: str, most: int) -> list[str]:
        """Of those packages the last bags of a collection that are not withdrawn, so many, latest first."""
        ...

    def copies(
        self,
        *,
        package_id: str | None = None,
        store: str | None = None,
        package_ids: Collection[str] | None = None,
    ) -> list[Copy]:
        """Copies, of one package, in one store, of those packages, or all."""
        ...

    def events(
        self,
        *,
        package_id: str | None = None,
        types: Collection[EventType] = (),
        since: datetime | None = None,
        latest: int | None = None,
    ) -> list[Event]:
        """History, oldest first.

        types : only events of these; empty means all.
        since : only events of that moment and later; None means from the beginning.
        latest : only the last so many of them; None means all.
        """
        ...

    def withdrawals(self, *, package_id: str | None = None) -> list[Withdrawal]:
        """What is withdrawn now, of one package or of all."""
        ...

    def sql(self, query: str, *, seconds: float) -> AbstractContextManager[pa.RecordBatchReader]:
        """The answer to one SELECT over the views of `index_sql`, which can reach nothing else.

        Raises BadInput for whatever may not be asked, or takes longer than `seconds`.
        """
        ...

    def asserted(self) -> Mapping[str, tuple[int, datetime]]:
        """By store the verified copies of which the store told the recorded checksums since they were read:
        how many, and the earliest of their latest assertions."""
        ...

    def locked(self) -> Mapping[tuple[str, str], datetime]:
        """By package and store until when a copy was locked as it was made; the latest such moment."""
        ...

    def looked_at(self) -> Mapping[tuple[str, str], datetime]:
        """By package and store the copies that were looked at again since they were last found good, and
        when last: found damaged or gone, or told of by their store while they slept."""
        ...

    def package_table(self) -> pa.Table:
        """All packages for vectorised work, a row each.

        Columns: package_id, kind, collection (string), created_at (timestamp[us, UTC]),
        bytes (int64), objects (int32), images (int64), withdrawn_at (timestamp[us, UTC], null
        where the package as a whole is not withdrawn).
        """
        ...

    def copy_table(self) -> pa.Table:
        """All copies, a row each: package_id, store, status, made_by (string), verified_at
        (timestamp[us, UTC], null for never)."""
        ...

    def lease(self, wanted: Sequence[Lease], *, now: datetime) -> list[Lease]:
        """Take or prolong leases, in one transaction; returns those that were granted.

        `holdings.catalogue.leasing` tells which stand in each other's way.
        """
        ...

    def give_back(self, holder: str, package_ids: Collection[str] | None = None) -> None:
        """End the leases of `holder`, of these packages or all."""
        ...

    def close(self) -> None:
        """Give back the file or connection."""
        ...


def image_records(table: pa.Table) -> list[Image]:
    """Rows of an index, as records."""
    names = table.column_names
    rows = zip(*(python_values(table.column(name)) for name in names), strict=True)
    return [Image(**dict(zip(names, row, strict=True))) for row in rows]
