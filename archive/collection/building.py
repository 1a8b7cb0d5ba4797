"""A collection is built: every image proven in its store, then the table, then the manifest, then history.

```
select ─> recipe ─> image, image, … (each proven, then noted) ─> table ─> manifest ─> ledger
```
It may be killed anywhere and run again: the same originals and choices give the same package,
and images that are noted are not built twice. Nothing of it is seen before the manifest is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import PurePosixPath

from archive.abridging import Withheld
from archive.collection.batch import Failure, Outcome, one_by_one
from archive.collection.built import BuiltImage
from archive.collection.finishing import put_rest, record
from archive.collection.journal import clear_journal, read_journal
from archive.collection.one_image import Task
from archive.collection.options import Options
from archive.collection.recipe import RECIPE_NAME, Recipe, declare, make_recipe
from archive.reading import Trouble, worth_reading
from archive.recording import fixity_event, new_run
from archive.withdrawing import told, tombstones, undo_hint
from holdings.catalogue.interface import Entry
from holdings.errors import BadInput, Conflict, NotFound, Withdrawn
from holdings.house import House
from holdings.ledger import copy_after
from holdings.observing import Advanced, Finished, Started
from holdings.records import (
    CopyStatus,
    Image,
    Package,
    PackageKind,
    Withdrawal,
    check_collection_id,
    package_prefix,
)
from holdings.stores.interface import Store

Runner = Callable[[Sequence[Task]], Iterator[Outcome]]
"""Does tasks in any order, somewhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A collection that is held: every byte of it was read back and matched."""

    package: Package
    store: str
    images: tuple[BuiltImage, ...]
    failures: tuple[Failure, ...]
    withheld: tuple[Withheld, ...]
    """Images that were withdrawn, and so are not in it."""
    seconds: float
    already_held: bool
    """The same originals were built with the same choices before; nothing was done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """Originals that a collection is made of."""

    images: tuple[Image, ...]
    withheld: tuple[Withheld, ...]
    """Those that stay out, since they, or slices of the same volume, were withdrawn."""


def select(house: House, collection: str, packages: Sequence[str] = (), *, stack: bool = False) -> Selected:
    """The originals of a collection (or of those of its bags), in order, without what was withdrawn.

    stack : the images of a folder are one volume, and stay out together: one with a slice left out
        would have its other slices in wrong places.

    Raises BadInput where there are none, Withdrawn where all of them are; NotFound for a bag that
    is not there.
    """
    check_collection_id(collection)
    for package_id in packages:
        if house.catalogue.package(package_id).kind is not PackageKind.BAG:
            raise BadInput(f"{package_id} is no bag.", hint="holdfast find --json shows the bags of images.")
    bags = [
        package.package_id
        for package in house.catalogue.packages(collection=collection, package_ids=packages or None)
        if package.kind is PackageKind.BAG
    ]
    images = [image for package_id in bags for image in house.catalogue.images.images(package_id)]
    if not images:
        raise BadInput(f"No image of {collection} is held.", hint="holdfast find shows what is.")
    stones = tombstones(house, [image.image_id for image in images])
    out = _with_their_volumes(images, stones) if stack else stones
    if len(out) == len(images):
        first = out[images[0].image_id]
        raise Withdrawn(f"{told(first)} Its bytes are still held.", hint=undo_hint(first))
    return Selected(
        images=tuple(image for image in images if image.image_id not in out),
        withheld=tuple(
            Withheld(image_id=image.image_id, path=image.path, because=told(out[image.image_id]))
            for image in images
            if image.image_id in out
        ),
    )


def _with_their_volumes(images: Sequence[Image], stones: Mapping[str, Withdrawal]) -> dict[str, Withdrawal]:
    """The tombstones, each for every slice of the volume that it is in."""
    found = {}
    for slices in _volumes(images):
        stone = next((stones[image.image_id] for image in slices if image.image_id in stones), None)
        if stone is not None:
            found.update(dict.fromkeys([image.image_id for image in slices], stone))
    return found


def build(
    house: House,
    collection: str,
    options: Options,
    *,
    packages: Sequence[str] = (),
    store: str | None = None,
    runner: Runner | None = None,
    threads: int | None = None,
) -> Built:
    """Build the collection and record it; what was built before is taken as it is, and what was
    withdrawn is left out.

    packages : the bags to take; none means all of the collection.
    store : where to write it; None means where bags go.
    runner : None means one image after the other, in this process.
    threads : for one image; None means as many as the settings allow.

    Raises BadInput where not one image could be built; then nothing is left behind. Raises
    Withdrawn where every image was withdrawn.
    """
    began = time.monotonic()
    selected = select(house, collection, packages, stack=options.stack)
    images = selected.images
    target = house.store(store or house.settings.bags.store)
    meant = make_recipe(
        collection, images, options, created_at=house.clock.now(), software=f"Holdfast {version('holdfast')}"
    )
    if held := _held(house, meant.package_id):
        clear_journal(house.store(held), meant.package_id)
        package = house.catalogue.package(meant.package_id)
        return Built(
            package=package,
            store=held,
            images=(),
            failures=(),
            withheld=selected.withheld,
            seconds=0.0,
            already_held=True,
        )
    recipe = declare(target, meant)
    tasks = _tasks(house, recipe, images, target.name, threads or house.settings.limits.threads)
    built, failures = _run(house, target, recipe, tasks, runner or partial(one_by_one, stores=house.stores))
    if not built:
        _withdraw(target, recipe)
        raise _nothing(collection, failures)
    package = put_rest(target, recipe, built, failures)
    seconds = time.monotonic() - began
    record(house, package, target.name, built=built, failures=failures, seconds=seconds)
    clear_journal(target, package.package_id)
    return Built(
        package=package,
        store=target.name,
        images=tuple(built),
        failures=tuple(failures),
        withheld=selected.withheld,
        seconds=seconds,
        already_held=False,
    )


def _held(house: House, package_id: str) -> str | None:
    """A store with a verified copy of that package."""
    copies = house.catalogue.copies(package_id=package_id)
    return next((copy.store for copy in copies if copy.status is CopyStatus.VERIFIED), None)


def _tasks(house: House, recipe: Recipe, images: Sequence[Image], target: str, threads: int) -> list[Task]:
    copies = {
        package_id: tuple(copy.store for copy in worth_reading(house, package_id))
        for package_id in recipe.packages
    }
    return [
        Task(
            ordinal=ordinal,
            package_id=recipe.package_id,
            sources=tuple(sources),
            copies=copies[sources[0].package_id],
            target=target,
            options=recipe.options,
            threads=threads,
        )
        for ordinal, sources in enumerate(_grouped(images, recipe.options), start=1)
    ]


def _grouped(images: Sequence[Image], options: Options) -> list[list[Image]]:
    """Each image by itself; of a stack, the images of each folder in the order of their names."""
    return _volumes(images) if options.stack else [[image] for image in images]


def _volumes(images: Sequence[Image]) -> list[list[Image]]:
    folders: dict[tuple[str, str], list[Image]] = {}
    for image in sorted(images, key=lambda image: (image.package_id, image.path)):
        folders.setdefault((image.package_id, str(PurePosixPath(image.path).parent)), []).append(image)
    return list(folders.values())


def _run(
    house: House, target: Store, recipe: Recipe, tasks: Sequence[Task], runner: Runner
) -> tuple[list[BuiltImage], list[Failure]]:
    done = read_journal(target, recipe.package_id)
    waiting = [task for task in tasks if task.ordinal not in done]
    sizes = {task.ordinal: sum(image.size_bytes for image in task.sources) for task in waiting}
    job, run = f"building {recipe.package_id}", new_run(house, "collection")
    failures: dict[int, Failure] = {}
    house.observer(Started(job=job, total_bytes=sum(sizes.values())))
    try:
        for outcome in runner(waiting):
            _tell_troubles(house, outcome.troubles, run)
            if outcome.built is not None:
                done[outcome.ordinal] = outcome.built
            elif outcome.failure is not None:
                failures[outcome.ordinal] = outcome.failure
            house.observer(Advanced(job=job, size_bytes=sizes[outcome.ordinal]))
    finally:
        house.observer(Finished(job=job))
    return [done[number] for number in sorted(done)], [failures[number] for number in sorted(failures)]


def _tell_troubles(house: House, troubles: Sequence[Trouble], run: str) -> None:
    """A copy of an original that was found broken is history, too."""
    for trouble in troubles:
        copies = house.catalogue.copies(package_id=trouble.package_id, store=trouble.store)
        events = [fixity_event(house, copy, run=run, wrong=trouble.because) for copy in copies]
        house.ledger.record(Entry(copies=[copy_after(event) for event in events], events=events))


def _nothing(collection: str, failures: Sequence[Failure]) -> BadInput:
    reasons = "; ".join(f"{failure.path}: {failure.because}" for failure in failures[:3])
    more = f"; and {len(failures) - 3} more" if len(failures) > 3 else ""
    return BadInput(f"No image of {collection} could be built: {reasons}{more}")


def _withdraw(store: Store, recipe: Recipe) -> None:
    """Take the recipe back: nothing was built by it."""
    key = package_prefix(recipe.package_id) + RECIPE_NAME
    try:
        store.delete(key, version=store.head(key).version)
    except (NotFound, Conflict):
        return
