"""Images of a deposit whose path the collection holds already, in packages from before: a rescan, mostly.

Both are kept, always. That is told, since nobody else would notice that a sheet is held twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from archive.receipt import HeldBag, Namesake, Namesakes
from holdings.errors import Corrupt
from holdings.house import House
from holdings.records import PackageKind

if TYPE_CHECKING:
    import pyarrow as pa

NAMED = 20
"""So many are told by name, of either kind."""
_BAGS_AT_ONCE = 10
"""The paths of so many are in memory together."""
_PACKAGES = 1000
"""So many are looked into, the latest: where every delivery has a `001.tif`, all of them are namesakes."""


def namesakes_of(house: House, collection: str, bags: Sequence[HeldBag]) -> Namesakes | None:
    """What the collection held before of the images in new bags; None where an index is damaged."""
    new = [bag.package_id for bag in bags if not bag.already_held]
    before = _before(house, collection, {bag.package_id for bag in bags}) if new else []
    differing, same = 0, 0
    first: list[Namesake] = []
    packages: dict[str, None] = {}
    try:
        for path, package_id, is_same in _same_paths(house, new, before) if before else ():
            if is_same:
                same += 1
                if len(packages) < NAMED:
                    packages[package_id] = None
            else:
                differing += 1
                if len(first) < NAMED:
                    first.append(Namesake(path=path, package_id=package_id))
    except Corrupt:  # The deposit is held all the same; `check` and `find` tell of the damage.
        return None
    return Namesakes(other_content=differing, first=tuple(first), same_content=same, packages=tuple(packages))


def _same_paths(house: House, new: list[str], before: list[str]) -> Iterator[tuple[str, str, bool]]:
    for begin in range(0, len(new), _BAGS_AT_ONCE):
        some = new[begin : begin + _BAGS_AT_ONCE]
        sharing = house.catalogue.images.sharing_names(some)
        others = [package_id for package_id in before if package_id in sharing][:_PACKAGES]
        yield from house.catalogue.images.same_paths(some, others)


def _before(house: House, collection: str, bags: set[str]) -> list[str]:
    """The bags of the collection that are not withdrawn, but for those of this deposit; the latest first."""
    table: pa.Table = house.catalogue.package_table()
    names = ("package_id", "kind", "collection", "created_at", "withdrawn_at")
    rows = zip(*(table.column(name).to_pylist() for name in names), strict=True)
    found = [
        (created_at, package_id)
        for package_id, kind, of, created_at, withdrawn_at in rows
        if of == collection and kind == PackageKind.BAG and withdrawn_at is None and package_id not in bags
    ]
    return [package_id for _, package_id in sorted(found, reverse=True)]
