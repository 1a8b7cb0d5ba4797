"""The indexes of all packages as Parquet files of one folder, so that millions of images stay out of the
database."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from holdings.catalogue.index import FETCH_HINT, index_schema, index_table, read_index
from holdings.catalogue.index_lookup import LOOKUP_FOLDER, WORTH_MERGING, Lookup
from holdings.catalogue.index_query import ImageQuery, Probe, Withdrawn, identifier_probes
from holdings.catalogue.index_reading import search
from holdings.catalogue.index_same import file_names, same_paths
from holdings.catalogue.interface import image_records
from holdings.catalogue.migrating import beside, sync_folder
from holdings.catalogue.sums import summed
from holdings.errors import Corrupt, NotFound, Unavailable
from holdings.observing import Observer, nobody
from holdings.records import Image, check_package_id, package_of_image, sha256_hex

if TYPE_CHECKING:
    import pyarrow as pa


Answer = TypeVar("Answer")

_FEW = 256
"""So many files are asked for one by one; of more, the folder is listed."""


class Recorded(Protocol):
    """What the ledger has to say to the index. Nobody claims to hold what it does not name."""

    def moment(self) -> AbstractContextManager[None]:
        """Several questions in one visit."""
        ...

    def packages(
        self, *, collection: str | None = None, package_ids: Collection[str] | None = None
    ) -> Mapping[str, bool]:
        """The recorded packages in order, and whether each has an index; None means all."""
        ...

    def named_in(self, probes: Sequence[Probe]) -> list[str]:
        """Packages with images whose identifiers are, or begin with, one of `probes`."""
        ...

    def withdrawn(self) -> Withdrawn:
        """What is withdrawn now."""
        ...

    def unmerged(self, merged: pa.Table) -> list[tuple[str, str]]:
        """Packages with an index, and its SHA-256, that are not among the pairs of `merged`."""
        ...


class IndexFiles:
    """The files, whoever claims to hold what is in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, package_id: str, parquet: bytes) -> None:
        path = self.path(package_id)
        try:
            if path.is_file() and path.read_bytes() == parquet:
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, parquet)
        except OSError as error:
            raise Unavailable(f"The image index {path} cannot be written: {error.strerror}.") from None

    def has(self, package_id: str) -> bool:
        return self.path(package_id).is_file()

    def holds(self, package_id: str, sha256: str) -> bool:
        return self.has(package_id) and sha256_hex(self.read(package_id)) == sha256

    def names(self) -> list[str]:
        """The packages that have an index here, in order."""
        return sorted(
            name.removesuffix(".parquet") for name in _names(self.folder) if name.endswith(".parquet")
        )

    def path(self, package_id: str) -> Path:
        """Where the index of that package lies, if there is one."""
        return self.folder / f"{check_package_id(package_id)}.parquet"

    def read(self, package_id: str) -> bytes:
        """The very bytes of an index. Raises NotFound, Unavailable."""
        path = self.path(package_id)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise NotFound(
                f"No package {package_id} with images is held.", hint="holdfast find shows what is."
            ) from None
        except OSError as error:
            raise Unavailable(f"The image index {path} cannot be read: {error.strerror}.") from None


class FolderIndex(IndexFiles):
    """The image index of a catalogue; what lies in the folder and is not recorded is not found."""

    def __init__(self, folder: Path, recorded: Recorded, *, observer: Observer = nobody) -> None:
        super().__init__(folder)
        self.lookup = Lookup(folder.parent / LOOKUP_FOLDER, observer=observer)
        self._recorded = recorded

    def images(self, package_id: str) -> list[Image]:
        return read_index(self.read(package_id), origin=str(self.path(package_id)))

    def image(self, image_id: str) -> Image:
        package_id = package_of_image(image_id)
        # Images lie in the order of their numbers, from 1. A filter would do, but comparing with a
        # Python value makes pyarrow import pandas, which takes longer than all of `get`.
        row = int(image_id.rpartition(".")[2]) - 1
        found = image_records(index_table(self.read(package_id), str(self.path(package_id)), row=row))
        if not found or found[0].image_id != image_id:
            raise NotFound(f"{package_id} has no image {image_id}.", hint="holdfast find shows them.")
        return found[0]

    def sums(
        self, package_ids: Iterable[str], wanted: Mapping[str, str | None]
    ) -> dict[str, dict[str, str | None]]:
        there = self._there(dict.fromkeys(package_ids, True))
        paths = {name: str(self.path(name)) for name in sorted(there)}
        return summed(paths, wanted, hint=FETCH_HINT)

    def query(
        self, *, collection: str | None = None, text: str | None = None, limit: int | None = None
    ) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415  # takes long to import; commands that need no index do without

        asked = ImageQuery(collection=collection, text=text, limit=limit)
        return pa.Table.from_batches(self.search(asked), schema=index_schema())

    def search(self, query: ImageQuery) -> Iterator[pa.RecordBatch]:
        if query.limit == 0:
            return iter(())
        recorded, withdrawn = self._meant(query)
        # Listed after the ledger was asked: an index is there before its package is recorded.
        return search(self._paths(recorded, query, withdrawn), query, withdrawn)

    def files(self) -> tuple[list[Path], Withdrawn]:
        """The indexes of all that is recorded and not withdrawn, and what is."""
        recorded, withdrawn = self._meant(ImageQuery())
        return self._paths(recorded, ImageQuery(), withdrawn), withdrawn

    def sharing_names(self, package_ids: Sequence[str]) -> set[str]:
        names = file_names(
            [self.path(name) for name in sorted(self._there(dict.fromkeys(package_ids, True)))]
        )
        return self._once_merged(lambda: self._sharing(names)) if names else set()

    def _sharing(self, names: Sequence[str]) -> tuple[set[str], int]:
        with self._recorded.moment():
            merged, others = self.lookup.candidates([(name, False) for name in names], self._unmerged)
        return merged.union(others), len(others)

    def same_paths(
        self, package_ids: Sequence[str], others: Sequence[str]
    ) -> Iterator[tuple[str, str, bool]]:
        known = (self._recorded.packages(package_ids=names) for names in (package_ids, others))
        return same_paths(*([self.path(name) for name in sorted(self._here(names))] for names in known))

    def merge(self, *, at_least: int = 1) -> None:
        """Take the packages into the merged index that are not in it yet, where they are `at_least` so many.

        Where another process is at it, or nothing can be written, nothing happens: it is a cache.
        """
        if len(self._unmerged(self.lookup.packages())) >= at_least:
            self._merge()

    def _merge(self) -> bool:
        with self.lookup.alone() as mine:
            if mine:
                unmerged = self._unmerged(self.lookup.packages())
                there = self._there({name: True for name, _ in unmerged})
                self.lookup.take_in(
                    [(name, digest, self.path(name)) for name, digest in unmerged if name in there]
                )
            return mine

    def _unmerged(self, merged: pa.Table) -> list[tuple[str, str]]:
        return self._recorded.unmerged(merged)

    def _meant(self, query: ImageQuery) -> tuple[Mapping[str, bool], Withdrawn]:
        """The recorded packages that may hold what is meant, and what is withdrawn."""
        return self._once_merged(lambda: self._told(query))

    def _once_merged(self, ask: Callable[[], tuple[Answer, int]]) -> Answer:
        """What is asked of the merged index; once more where many packages had to be taken in first.

        ask : tells, too, in how many one has to look because they are not merged yet. Some may stay so:
            an index that is not here cannot be taken in.
        """
        answer, unmerged = ask()
        if unmerged >= WORTH_MERGING and self._merge():
            answer, _ = ask()
        return answer

    def _told(self, query: ImageQuery) -> tuple[tuple[Mapping[str, bool], Withdrawn], int]:
        """The same, and in how many packages one has to look because they are not merged yet."""
        probes, among, unmerged = identifier_probes(query), query.package_ids, 0
        with self._recorded.moment():
            if probes is not None:
                merged, others = self.lookup.candidates(probes, self._unmerged)
                found = merged.union(others, self._recorded.named_in(probes))
                among, unmerged = frozenset(found if among is None else among & found), len(others)
            recorded = self._recorded.packages(collection=query.collection, package_ids=among)
            return (recorded, self._recorded.withdrawn()), unmerged

    def _paths(self, recorded: Mapping[str, bool], query: ImageQuery, withdrawn: Withdrawn) -> list[Path]:
        there = self._here(recorded)
        wanted = withdrawn.touched if query.withdrawn else recorded.keys() - withdrawn.packages
        return [
            self.path(package_id) for package_id in recorded if package_id in there and package_id in wanted
        ]

    def _here(self, recorded: Mapping[str, bool]) -> set[str]:
        """As `_there`. Raises Corrupt where one of them should be and is not."""
        there = self._there(recorded)
        missing = [
            package_id for package_id, has_index in recorded.items() if has_index and package_id not in there
        ]
        if missing:
            # To leave them out would be to say that their images are not held.
            raise Corrupt(
                f"The image index of {missing[0]} is not in {self.folder}"
                + (f" (nor that of {len(missing) - 1} others)." if len(missing) > 1 else "."),
                hint=FETCH_HINT,
            )
        return there

    def _there(self, recorded: Mapping[str, bool]) -> set[str]:
        """Those of `recorded` whose index is in the folder."""
        if len(recorded) <= _FEW:
            return {package_id for package_id in recorded if self.path(package_id).is_file()}
        return recorded.keys() & set(self.names())

    def read(self, package_id: str) -> bytes:
        try:
            return super().read(package_id)
        except NotFound:
            if self._recorded.packages(package_ids=[package_id]).get(package_id):
                raise Corrupt(
                    f"The image index of {package_id} is not in {self.folder}.", hint=FETCH_HINT
                ) from None
            raise


def _names(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]  # noqa: PTH208  # ten times faster
    except FileNotFoundError:
        return []


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is seen whole or not at all, and is on the disk when this returns."""
    new = beside(path, "new")
    try:
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)
