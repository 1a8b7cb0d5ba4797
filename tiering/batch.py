"""A run's work on a Dask cluster, where one machine's network is not enough: workers carry and read.

```
this process: plan, leases, policy, history, removals ── one package each ──> workers: stores ─> stores
```

Workers open the stores for themselves, by the settings, with secrets of their own. Only this process
knows the catalogue and writes history: what a worker says is evidence, and a worker that dies in the
middle leaves what any killed run leaves. A call may run twice, even at the same time: a copy goes to
keys that must not exist, and what is met there is read before it counts.

A worker may be mistaken about which place it has before it: a disk that is not mounted there is an
empty folder. So each looks for the catalogue's mark in a store before it uses it; that a copy is there
is looked up from here; and what a worker finds wrong is read again from here before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from archive.cluster import Workers, cluster_workers
from holdings.catalogue.identity import refuse_other_place
from holdings.catalogue.manifest import manifest_bytes
from holdings.errors import Corrupt, HoldfastError, NotFound, Unavailable
from holdings.house import House
from holdings.observing import Advanced, Observer
from holdings.opening import marks_of, open_stores
from holdings.records import MANIFEST_NAME, Package
from holdings.settings import Settings, StoreSettings
from holdings.stores.interface import Store
from holdings.stores.removing import ReadObject, Witness
from tiering.copying import SourceAway, SourceLost, copy_package
from tiering.crew import beside
from tiering.hands import Hands
from tiering.proving import read_copy, read_witness, witness_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Workplace:
    """What a worker needs to open the stores for itself."""

    settings: Settings
    """Their limits are one worker's share."""
    marks: Mapping[str, str | None]
    """By store the catalogue that it belongs to; None where it does not say so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """What a worker says of one copy. Errors are values here: as exceptions they would drag along all that
    they arose from."""

    fresh: bool = False
    """Whether all of it was written now."""
    lost: HoldfastError | None = None
    """What is wrong with the source."""
    away: HoldfastError | None = None
    """Why the source could not be read."""
    refused: HoldfastError | None = None
    """What stood in the way at the target, or before anything was begun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadThere:
    """What a worker says of one reading."""

    objects: tuple[ReadObject, ...] = ()
    wrong: HoldfastError | None = None


@contextmanager
def cluster_crew(
    scheduler: str, house: House, *, bytes_per_second: float | None = None
) -> Iterator[OnWorkers]:
    """The workers of the Dask scheduler at an address such as `tcp://10.0.0.5:8786`.

    bytes_per_second : that all of them together read from each store; None means what the settings say.

    Raises BadInput where that is no address, Unavailable where nobody answers or nobody works.
    """
    with cluster_workers(scheduler) as workers:
        settings = _shared(house.settings, workers.count, bytes_per_second)
        yield OnWorkers(house, workers, Workplace(settings=settings, marks=marks_of(house)))


class OnWorkers:
    """Hands on other machines, one package a call."""

    def __init__(self, house: House, workers: Workers, workplace: Workplace) -> None:
        self._house = house
        self._workers = workers
        self._workplace = workplace

    @property
    def at_once(self) -> int:
        return self._workers.at_once

    def copy(
        self, package: Package, source: str, target: str, *, may_go_on: Callable[[], None], observer: Observer
    ) -> bool:
        carried: Carried = self._asked(may_go_on, carry, package, source, target)
        if carried.refused is not None:
            raise carried.refused
        if isinstance(carried.away, Unavailable):
            raise SourceAway(source, carried.away)
        if carried.lost is not None:
            self._look_again(package, source, may_go_on, carried.lost)
        self._refuse_unless_here(package, target)
        observer(Advanced(job="reading back on workers", size_bytes=package.size_bytes))
        return carried.fresh

    def read(self, package: Package, store: str, *, may_go_on: Callable[[], None]) -> Witness:
        # Before the worker begins, by our clock: the proof is never younger than the reading.
        began = self._house.clock.now()
        there: ReadThere = self._asked(may_go_on, read, package, store)
        if isinstance(there.wrong, NotFound | Corrupt):
            return read_witness(self._house, package, store, may_go_on=may_go_on)
        if there.wrong is not None:
            raise there.wrong
        self._refuse_unless_here(package, store)
        return witness_of(self._house, store, there.objects, began)

    def _asked(self, may_go_on: Callable[[], None], work: Callable[..., object], *told: object) -> Any:
        may_go_on()
        future = self._workers.submit(work, self._workplace, *told)
        return self._workers.result(future, may_go_on=may_go_on)

    def _look_again(
        self, package: Package, source: str, may_go_on: Callable[[], None], told: HoldfastError
    ) -> None:
        """Raise SourceLost where it is so from here, too; else SourceAway."""
        try:
            read_witness(self._house, package, source, may_go_on=may_go_on)
        except (NotFound, Corrupt) as error:
            raise SourceLost(source, error) from None
        except Unavailable as error:
            raise SourceAway(source, error) from None
        raise SourceAway(
            source,
            Unavailable(
                f"A worker read the copy of {package.package_id} in {source} otherwise than it is read from "
                f"here: {told.sentence}",
                hint="Does the worker reach the same place, over a line that can be trusted?",
            ),
        )

    def _refuse_unless_here(self, package: Package, name: str) -> None:
        """Raise Unavailable unless what a worker saw in the store is there from here."""
        try:
            size = self._house.store(name).head(package.prefix + MANIFEST_NAME).size_bytes
        except NotFound:
            size = None
        if size != len(manifest_bytes(package)):
            raise Unavailable(
                f"A worker holds {package.package_id} for whole in '{name}', and from here it is not there.",
                hint="Does the URL of that store name the same place on every machine?",
            )


def carry(workplace: Workplace, package: Package, source: str, target: str) -> Carried:
    """On a worker: a package from one store into another, read back."""
    try:
        with _stores(workplace, source, target) as stores, Hands(workplace.settings.limits.threads) as hands:
            fresh = copy_package(
                package,
                stores[source],
                stores[target],
                beside=beside(workplace.settings.stores, source, target),
                hands=hands,
            )
    except SourceLost as lost:
        return Carried(lost=_alone(lost.cause))
    except SourceAway as away:
        return Carried(away=_alone(away.cause))
    except HoldfastError as error:
        return Carried(refused=_alone(error))
    return Carried(fresh=fresh)


def read(workplace: Workplace, package: Package, name: str) -> ReadThere:
    """On a worker: a whole copy, read and compared."""
    try:
        with _stores(workplace, name) as stores:
            return ReadThere(objects=read_copy(stores[name], package))
    except HoldfastError as error:
        return ReadThere(wrong=_alone(error))


def _alone(error: HoldfastError) -> HoldfastError:
    """The same error, without what it arose from."""
    return type(error)(error.sentence, hint=error.hint, detail=error.detail)


@contextmanager
def _stores(workplace: Workplace, *names: str) -> Iterator[dict[str, Store]]:
    with ExitStack() as stack:
        stores = open_stores(workplace.settings)
        for store in stores.values():
            stack.callback(store.close)
        for name in names:
            refuse_other_place(stores[name], workplace.marks[name])
        yield stores


def _shared(settings: Settings, among: int, bytes_per_second: float | None) -> Settings:
    """The same, with what each of so many may take of a store."""

    def share(spec: StoreSettings) -> StoreSettings:
        limits = [rate for rate in (spec.bytes_per_second, bytes_per_second) if rate is not None]
        requests = spec.requests_per_second
        return replace(
            spec,
            bytes_per_second=min(limits) / among if limits else None,
            requests_per_second=None if requests is None else requests / among,
        )

    return replace(settings, stores={name: share(spec) for name, spec in settings.stores.items()})
