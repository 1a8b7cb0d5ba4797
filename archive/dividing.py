"""Into which bags the files go: those that hold them already, however they were split; else as is wished now.

A bag goes by its files, so another size of bags would make other bags of the same files, and all of
them would be stored twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from archive.journal.journal import Journal
from archive.naming import base_id
from archive.recognising import is_known
from archive.sources.interface import SourceFile
from archive.splitting import Bounds
from holdings.catalogue.index_query import ImageQuery, Span, escaped
from holdings.errors import Corrupt
from holdings.house import House
from holdings.records import EventType

_PACKAGES = 16
"""So many that may hold the first image are asked how they were split: each takes 20 ms."""
_SPLITS = 4
"""So many are tried: of a million files, each takes seconds."""


def divide(house: House, journal: Journal, collection: str, wished: Bounds) -> Bounds:
    """Give every file its bag, and return by which bounds.

    Where every bag was deposited before by other bounds, these are taken: each bag is then recognised
    by its content, or becomes a new version of it.
    """
    journal.bags.split(wished)
    others = [bounds for bounds in _earlier(house, journal, collection) if bounds != wished]
    if not others or _all_known(house, journal, collection):
        return wished
    for bounds in others[:_SPLITS]:
        journal.bags.split(bounds)
        if _all_known(house, journal, collection):
            return bounds
    journal.bags.split(wished)
    return wished


def _earlier(house: House, journal: Journal, collection: str) -> list[Bounds]:
    """How the packages were split that may hold the first image; nothing for files that are new."""
    first = next(journal.files.sizes_of("image"), None)
    if first is None:
        return []
    try:
        packages = list(_holding(house, collection, first))
    except Corrupt:  # Another package's index: no reason to refuse this deposit, and `check` tells of it.
        return []
    if not packages:
        return []
    # Packages from before this was written down tell nothing: most were made as the settings say.
    bags = house.settings.bags
    told = (_bounds_of(house, package_id) for package_id in packages)
    usual = Bounds(size_bytes=bags.bag_bytes, files=bags.bag_files)
    return list(dict.fromkeys([*(bounds for bounds in told if bounds), usual]))


def _holding(house: House, collection: str, image: SourceFile) -> Iterator[str]:
    """Packages of the collection with an image of that path and size; withdrawn ones, too, which a deposit
    by another split must not bring back."""
    for withdrawn in (False, True):
        query = ImageQuery(
            identifier=escaped(image.path),
            path=escaped(image.path),
            collection=collection,
            size_bytes=Span(at_least=image.size_bytes, below=image.size_bytes + 1),
            withdrawn=withdrawn,
            limit=_PACKAGES,
        )
        for batch in house.catalogue.images.search(query):
            yield from batch.column("package_id").to_pylist()


def _bounds_of(house: House, package_id: str) -> Bounds | None:
    for event in house.catalogue.events(package_id=package_id, types=[EventType.PACKAGE_CREATION]):
        size_bytes, files = event.detail.get("bag_bytes"), event.detail.get("bag_files")
        if isinstance(size_bytes, int) and isinstance(files, int):
            return Bounds(size_bytes=size_bytes, files=files)
    return None


def _all_known(house: House, journal: Journal, collection: str) -> bool:
    return all(
        is_known(house, base_id(collection, journal.files.sizes_in_bag(number)))
        for number in journal.bags.numbers()
    )
