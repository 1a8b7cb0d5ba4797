"""A deposit whose work is done by the workers of a Dask cluster: the same bytes, and a worker may die."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import distributed
import pytest

from archive.deposit import Wishes, deposit
from archive.finding import find
from archive.journal.opening import journal_folder
from archive.verifying import verify
from holdings.errors import BadInput, Unavailable
from holdings.house import House
from holdings.observing import Happening, Started
from holdings.stores.opening import create_store
from tests.archive.helpers import files_of
from tests.kit.houses import a_house
from tests.kit.pictures import write_pictures


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]  # untyped there
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(4):
        write_pictures(tmp_path / "many" / f"drawer {number}", 3, seed=number)
    (tmp_path / "many" / "empty").mkdir()
    return tmp_path / "many"


def wishes(cluster: Any = None) -> Wishes:
    return Wishes(bag_bytes=4000, scheduler=cluster and cluster.scheduler_address)


def test_the_stores_hold_the_same_bytes_as_without(cluster: Any, tmp_path: Path, many: Path) -> None:
    held = []
    for name, wanted in (("with", wishes(cluster)), ("without", wishes())):
        (tmp_path / name).mkdir()
        with a_house(tmp_path / name) as house:
            receipt = deposit(house, many, collection="herb", wishes=wanted)
            assert len(receipt.bags) > 2
            assert [item.path for item in receipt.left_out] == ["empty/"]
            assert verify(house).is_good
            again = deposit(house, many, collection="herb", wishes=wanted)
            assert again.already_held
        held.append(files_of(tmp_path / name / "stores/hot/packages"))
    assert held[0] == held[1]


def test_a_worker_that_dies_is_survived(cluster: Any, tmp_path: Path, many: Path) -> None:
    """The kill falls when the first bag was handed to a worker."""
    killed: list[int] = []

    def kill(happening: Happening) -> None:
        if isinstance(happening, Started) and happening.job.startswith("storing bag") and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    (tmp_path / "house").mkdir()
    with a_house(tmp_path / "house", observer=kill) as house:
        receipt = deposit(house, many, collection="herb", wishes=wishes(cluster))
        assert killed
        assert len(find(house)) == 12 == len(receipt.images)
        assert verify(house).is_good


def test_a_worker_with_another_place_under_the_stores_name_leaves_it_alone(
    cluster: Any, house: House, many: Path, tmp_path: Path
) -> None:
    """An empty one, marked as a store and as no catalogue's: what a disk that was swapped looks like."""
    elsewhere = replace(house.settings.stores["hot"], url=(tmp_path / "elsewhere").as_uri())
    create_store(elsewhere)
    there = replace(house.settings, stores={**house.settings.stores, "hot": elsewhere})
    before = files_of(tmp_path / "elsewhere")
    with pytest.raises(Unavailable, match=r"does not find the store 'hot' at .*elsewhere, but another place"):
        deposit(replace(house, settings=there), many, collection="herb", wishes=wishes(cluster))
    assert files_of(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("named", ["nonsense", "tcp://", "http://127.0.0.1:1"])
def test_what_is_no_scheduler_is_refused(house: House, many: Path, named: str) -> None:
    with pytest.raises(BadInput, match="is no address of a scheduler"):
        deposit(house, many, collection="herb", wishes=Wishes(scheduler=named))


def test_a_scheduler_that_does_not_answer(house: House, many: Path) -> None:
    with pytest.raises(Unavailable, match="No Dask scheduler answers"):
        deposit(house, many, collection="herb", wishes=Wishes(scheduler="tcp://127.0.0.1:1"))
    assert not list(journal_folder(house.settings).iterdir()), "no journal of a deposit that never began"
