"""Making the catalogue again from the stores alone.

```
list every store ─> journals ─> manifests ─> image indexes ─> a new one beside ─> swap
                                                                   the old one stays as a backup
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from holdings.catalogue.findings import Finding, FindingKind
from holdings.catalogue.identity import settle_identity
from holdings.catalogue.interface import Entry
from holdings.catalogue.keeping import KeepsIndexes, keeper_of
from holdings.catalogue.recollecting import (
    Manifests,
    collect_copies,
    collect_history,
    collect_manifests,
    lost_packages,
    restore_index,
)
from holdings.catalogue.surveying import Surveys, survey_stores
from holdings.clock import Clock, SystemClock
from holdings.errors import BadInput, Unavailable
from holdings.ledger import latest_verifications
from holdings.observing import Observer, nobody
from holdings.opening import journal_keepers, open_stores
from holdings.records import Copy, Outcome
from holdings.settings import Settings
from holdings.stores.interface import Store

_SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """What a rebuild brought back."""

    catalogue_id: str
    packages: int
    copies: int
    events: int
    images: int
    without: tuple[str, ...]
    """Stores that nothing was asked of: of their copies nothing is known."""
    findings: tuple[Finding, ...]
    """What could not be brought back, or not whole."""
    backup: str | None
    """Where the catalogue that was there before is kept: a file, or a schema of the database; None where
    there was none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """Everything that the stores could tell."""

    entry: Entry
    findings: tuple[Finding, ...]


def rebuild_catalogue(
    settings: Settings,
    *,
    without: Iterable[str] = (),
    clock: Clock = _SYSTEM_CLOCK,
    observer: Observer = nobody,
) -> Rebuilt:
    """Make the catalogue of `settings` again, and put it in the place of the one that is there.

    without : stores to do without, because they cannot be reached.

    Until the last step the old catalogue is untouched; other commands wait meanwhile.

    Raises Unavailable where a store that is not in `without` cannot be listed to the end: a
    part of the stores would make a catalogue that has forgotten the others.
    """
    left_out = _check_names(settings, without)
    keeper = keeper_of(settings, observer=observer)
    all_stores = open_stores(settings, observer=observer)
    stores = {name: store for name, store in all_stores.items() if name not in left_out}
    try:
        with keeper.replacing() as new:
            found = _collect(settings, stores, new.indexes)
            keepers = [name for name in journal_keepers(settings) if name in stores]
            identity = settle_identity(stores, keepers)
            backup = new.put(identity, found.entry, clock)
    finally:
        keeper.close()
        for store in all_stores.values():
            store.close()
    return Rebuilt(
        catalogue_id=identity,
        packages=len(found.entry.packages),
        copies=len(found.entry.copies),
        events=len(found.entry.events),
        images=sum(package.images for package in found.entry.packages),
        without=left_out,
        findings=found.findings,
        backup=backup,
    )


def _check_names(settings: Settings, without: Iterable[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(without))
    for name in names:
        if name not in settings.stores:
            raise BadInput(
                f"There is no store named '{name}'.", hint=f"The settings name: {', '.join(settings.stores)}."
            )
    if len(names) == len(settings.stores):
        raise BadInput("Without any store there is nothing to rebuild from.")
    return names


def _collect(settings: Settings, stores: Mapping[str, Store], indexes: KeepsIndexes) -> _Found:
    surveys = survey_stores(stores)
    for name, because in surveys.unknown.items():
        raise Unavailable(
            f"The store '{name}' could not be listed: {because}",
            hint=f"Nothing was changed. If it is gone for good: holdfast catalogue rebuild --without {name}",
        )
    with ThreadPoolExecutor(settings.limits.threads, thread_name_prefix="rebuild") as pool:
        return _recollect(indexes, stores, surveys, pool)


def _recollect(index: KeepsIndexes, stores: Mapping[str, Store], surveys: Surveys, pool: Executor) -> _Found:
    history = collect_history(stores, surveys, pool)
    readings = latest_verifications(history.events)
    good = [pair for pair, event in readings.items() if event.outcome is Outcome.SUCCESS]
    manifests = collect_manifests(stores, surveys, good, pool)
    copies = collect_copies(surveys, manifests, history.events)
    missing = _restore_indexes(index, stores, surveys, manifests, pool)
    findings = [*history.findings, *manifests.findings, *missing, *lost_packages(manifests, history.events)]
    return _Found(
        entry=Entry(packages=list(manifests.packages.values()), copies=copies, events=history.events),
        findings=(*findings, *_unnamed_stores(copies, surveys)),
    )


def _restore_indexes(
    index: KeepsIndexes,
    stores: Mapping[str, Store],
    surveys: Surveys,
    manifests: Manifests,
    pool: Executor,
) -> list[Finding]:
    """Where no good one is there."""
    packages = manifests.packages.values()
    holders = [surveys.stores_with(package.package_id) for package in packages]
    missing = pool.map(partial(restore_index, index, stores), packages, holders)
    return [finding for finding in missing if finding is not None]


def _unnamed_stores(copies: Iterable[Copy], surveys: Surveys) -> Iterator[Finding]:
    for store in sorted({copy.store for copy in copies} - surveys.listed.keys()):
        yield Finding(
            kind=FindingKind.UNKNOWN_STORE,
            package_id=None,
            store=store,
            sentence=f"The history tells of copies in '{store}', which was not listed: they are unknown.",
        )
