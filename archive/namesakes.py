"""Images of a deposit whose path the collection holds already, in packages from before: a rescan, mostly.

Both are kept, always. That is told, since nobody else would notice that a sheet is held twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from archive.receipt import HeldBag, Namesake, Namesakes
from holdings.errors import Corrupt
from holdings.house import House

NAMED = 20
"""So many are told by name, of either kind."""
_BAGS_AT_ONCE = 10
"""The paths of so many are in memory together."""
_PACKAGES = 1000
"""So many are looked into, the latest: where every delivery has a `001.tif`, all of them are namesakes."""


def namesakes_of(house: House, collection: str, bags: Sequence[HeldBag]) -> Namesakes | None:
    """What the collection held before of the images in new bags; None where an index is damaged or gone."""
    new = [bag.package_id for bag in bags if not bag.already_held]
    differing, same = 0, 0
    first: list[Namesake] = []
    packages: dict[str, None] = {}
    try:
        for path, package_id, is_same in _same_paths(
            house, collection, new, {bag.package_id for bag in bags}
        ):
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


def _same_paths(
    house: House, collection: str, new: Sequence[str], bags: Set[str]
) -> Iterator[tuple[str, str, bool]]:
    for begin in range(0, len(new), _BAGS_AT_ONCE):
        some = new[begin : begin + _BAGS_AT_ONCE]
        sharing = house.catalogue.images.sharing_names(some) - bags
        others = house.catalogue.latest_bags(sharing, collection=collection, most=_PACKAGES)
        yield from house.catalogue.images.same_paths(some, others)
