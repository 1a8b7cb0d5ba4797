"""A plan whose copies are made by the workers of a Dask cluster: the same end, and a worker may die."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import distributed
import pytest

from archive.verifying import Finding, verify
from holdings.errors import BadInput, Unavailable
from holdings.house import House
from holdings.observing import Advanced, CopyVerified, Happening, Observer, nobody
from holdings.records import CopyStatus, EventType, Package
from holdings.stores.opening import create_store
from tests.archive.helpers import files_of
from tests.kit.houses import a_house
from tests.tiering.holding import deposit, is_whole, lose, statuses
from tiering.applying import Applied, apply_plan
from tiering.auditing import audit
from tiering.batch import Workplace, carry, cluster_crew, read
from tiering.planning import make_plan
from tiering.policy import Policy, read_policy

_POLICY = """
[guards]
settle_days = 0
removal = { packages = 1000, size = "1 TB", share = 1.0 }

[[rules]]
name = "so it was decided"
where = "true"
copies = { COPIES }
because = "a test"
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers in this process, which are asked over the network all the same."""
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]  # untyped there
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        processes=False,
        protocol="tcp://",
    ) as cluster:
        yield cluster


def a_policy(folder: Path, copies: str) -> Policy:
    path = folder / "a-policy.toml"
    path.write_text(_POLICY.replace("COPIES", copies))
    return read_policy(path)


def a_house_with(folder: Path, packages: int, *, observer: Observer = nobody) -> tuple[House, list[Package]]:
    folder.mkdir()
    house = a_house(folder, at=datetime.now(UTC), observer=observer)  # of the stores' own clock
    return house, [deposit(house, number, size=40_000) for number in range(packages)]


def apply(house: House, copies: str, cluster: Any = None) -> Applied:
    policy = a_policy(house.settings.folder, copies)
    plan = make_plan(house, policy, at=house.clock.now())
    if cluster is None:
        return apply_plan(house, plan, policy)
    with cluster_crew(cluster.scheduler_address, house) as crew:
        return apply_plan(house, plan, policy, crew=crew)


def workplace(house: House, elsewhere: Path | None = None, *names: str) -> Workplace:
    """What workers are told; stores of `names` are another place to them."""
    stores = dict(house.settings.stores)
    for name in names:
        assert elsewhere is not None
        stores[name] = replace(stores[name], url=elsewhere.as_uri())
        create_store(stores[name])
    identity = house.catalogue.catalogue_id
    return Workplace(
        settings=replace(house.settings, stores=stores), marks=dict.fromkeys(house.stores, identity)
    )


def flipped(data: bytes) -> bytes:
    return bytes((data[0] ^ 1,)) + data[1:]


def test_the_stores_and_the_history_are_the_same_as_without(cluster: Any, tmp_path: Path) -> None:
    ends = []
    for name, workers in (("with", cluster), ("without", None)):
        house, packages = a_house_with(tmp_path / name, 2)
        with house:
            copied = apply(house, "hot = 1, cold = 1", workers)
            assert (len(copied.done), copied.complete) == (2, True)
            assert {tuple(statuses(house, each).values()) for each in packages} == {
                (CopyStatus.VERIFIED, CopyStatus.VERIFIED)
            }
            removed = apply(house, "cold = 1", workers)
            assert (len(removed.removed), removed.complete) == (2, True)
            told = [(event.event_type, event.package_id, event.store) for event in house.catalogue.events()]
            ends.append((files_of(tmp_path / name / "stores/cold/packages"), sorted(told, key=str)))
            assert not files_of(tmp_path / name / "stores/hot/packages")
    assert ends[0] == ends[1]


def test_a_call_that_is_made_twice_at_once_does_once_what_it_is_asked_for(tmp_path: Path) -> None:
    """As where a worker was taken for dead and was not."""
    house, (package,) = a_house_with(tmp_path / "house", 1)
    with house, ThreadPoolExecutor(4) as pool:
        there = workplace(house)
        carried = list(pool.map(lambda _: carry(there, package, "hot", "cold"), range(4)))
        assert not [each for each in carried if each.lost or each.away or each.refused]
        assert is_whole(house.store("cold"), package)


@pytest.mark.soak
def test_workers_that_are_killed_are_survived(tmp_path: Path) -> None:
    """Again and again while copies are under way; in the end every copy was made, and no byte is wrong."""
    killed: list[int] = []
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]  # as above
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:

        def kill(happening: Happening) -> None:
            if isinstance(happening, CopyVerified) and len(killed) < 5 and happening.package_id[-1] in "048c":
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[-1], signal.SIGKILL)

        house, packages = a_house_with(tmp_path / "house", 64, observer=kill)
        with house:
            while not apply(house, "hot = 1, cold = 1", cluster).nothing_left:
                pass
            assert killed
            for package in packages:
                assert all(is_whole(store, package) for store in house.stores.values())
            with cluster_crew(cluster.scheduler_address, house) as crew:
                found = audit(house, crew=crew)
            assert (len(found.copies), found.wrong, found.unknown) == (128, [], [])


@pytest.mark.soak
def test_a_verification_outlives_its_workers(tmp_path: Path) -> None:
    killed: list[int] = []
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]  # as above
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:

        def kill(happening: Happening) -> None:
            if isinstance(happening, Advanced) and happening.job == "verifying" and len(killed) < 3:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[-1], signal.SIGKILL)

        house, _ = a_house_with(tmp_path / "house", 64, observer=kill)
        with house, cluster_crew(cluster.scheduler_address, house) as crew:
            found = verify(house, crew=crew)
        assert (len(killed), len(found.copies), found.is_good) == (3, 64, True)


def test_an_audit_by_workers_finds_what_is_damaged_and_what_is_lost(cluster: Any, tmp_path: Path) -> None:
    house, packages = a_house_with(tmp_path / "house", 4)
    with house:
        assert apply(house, "hot = 1, cold = 1").complete
        path = tmp_path / "house/stores/cold" / packages[0].prefix / packages[0].objects[0].key
        path.chmod(0o644)
        path.write_bytes(flipped(path.read_bytes()))
        lose(house.store("cold"), packages[1].prefix + packages[1].objects[0].key)
        with cluster_crew(cluster.scheduler_address, house, bytes_per_second=10e6) as crew:
            found = audit(house, crew=crew)
        assert {(each.package_id, each.finding.value) for each in found.wrong} == {
            (packages[0].package_id, "corrupt"),
            (packages[1].package_id, "missing"),
        }
        assert statuses(house, packages[0])["cold"] is CopyStatus.SUSPECT
        with cluster_crew(cluster.scheduler_address, house) as crew:
            there, here = verify(house, crew=crew), verify(house)
        assert [(each.finding, each.because) for each in there.copies] == [
            (each.finding, each.because) for each in here.copies
        ]
        assert (len(there.of(Finding.GOOD)), there.bytes_read) == (6, here.bytes_read)
        # And a plan that copies from what is damaged goes to the other source, and tells of it.
        assert not apply(house, "hot = 1, cold = 1", cluster).failed


def test_a_damaged_source_is_recorded_only_once_it_was_read_from_here(cluster: Any, tmp_path: Path) -> None:
    house, (package,) = a_house_with(tmp_path / "house", 1)
    with house:
        path = tmp_path / "house/stores/hot" / package.prefix / package.objects[0].key
        path.chmod(0o644)
        path.write_bytes(flipped(path.read_bytes()))
        (failed,) = apply(house, "hot = 1, cold = 1", cluster).failed
        assert failed.kind in ("corrupt", "source-corrupt")
        assert [event.package_id for event in house.catalogue.events(types={EventType.FIXITY_CHECK})] == [
            package.package_id
        ]
        assert statuses(house, package)["hot"] is CopyStatus.SUSPECT


class TestAWorkerThatSeesAnotherPlace:
    """Another disk is mounted there: a store of others, or of nobody yet."""

    @pytest.fixture
    def house(self, tmp_path: Path) -> Iterator[House]:
        house, self.packages = a_house_with(tmp_path / "house", 1)
        with house:
            yield house

    @pytest.mark.parametrize("name", ["hot", "cold"])
    def test_copies_nothing_and_condemns_nothing(self, house: House, tmp_path: Path, name: str) -> None:
        there = workplace(house, tmp_path / "elsewhere", name)
        refused = carry(there, self.packages[0], "hot", "cold").refused
        assert isinstance(refused, Unavailable)
        assert f"does not find the store '{name}'" in refused.sentence
        assert isinstance(read(there, self.packages[0], name).wrong, Unavailable)
        assert not list((tmp_path / "elsewhere").rglob("packages/*"))

    def test_is_not_believed_where_the_store_says_nothing(
        self, house: House, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a mark the copy lands elsewhere, and is missed from here."""
        there = replace(
            workplace(house, tmp_path / "elsewhere", "cold"),
            marks={"hot": house.catalogue.catalogue_id, "cold": None},
        )
        with cluster_crew(cluster.scheduler_address, house) as crew:
            monkeypatch.setattr(crew, "_workplace", there)
            policy = a_policy(tmp_path, "hot = 1, cold = 1")
            plan = make_plan(house, policy, at=house.clock.now())
            (failed,) = apply_plan(house, plan, policy, crew=crew).failed
        assert "from here it is not there" in failed.reason
        assert statuses(house, self.packages[0]) == {"hot": CopyStatus.VERIFIED}


def test_what_is_no_scheduler_is_refused(tmp_path: Path) -> None:
    house, _ = a_house_with(tmp_path / "house", 1)
    with house:
        for address, kind in (("nonsense", BadInput), ("tcp://127.0.0.1:1", Unavailable)):
            with pytest.raises(kind), cluster_crew(address, house):
                raise AssertionError("not reached")
