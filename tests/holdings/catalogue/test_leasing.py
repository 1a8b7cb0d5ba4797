"""Leases and expectations: what keeps two runs from undoing each other's work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from holdings.catalogue.interface import Catalogue, Entry
from holdings.catalogue.leasing import Lease, Purpose
from holdings.errors import Conflict
from holdings.records import Copy, CopyStatus
from tests.kit import houses
from tests.kit.engines import an_engine, in_a_schema
from tests.kit.postgres import Postgres
from tests.tiering.memory_catalogue import MemoryCatalogue

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
READING, REMOVING = Purpose.READING, Purpose.REMOVING


@pytest.fixture(params=["a file", "a server", "memory"])
def catalogue(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Catalogue]:
    if request.param == "memory":
        yield MemoryCatalogue()
        return
    server: Postgres | None = None
    if request.param == "a server":
        server = request.getfixturevalue("postgres")
        monkeypatch.setattr(houses, "CATALOGUE", in_a_schema(server))
    keeper = an_engine(tmp_path, request.param, server).keeper()
    keeper.create("0" * 32)
    made = keeper.open()
    yield made
    made.close()
    keeper.close()


def a_lease(holder: str, purpose: Purpose, *, package: str = "p-1", minutes: int = 15) -> Lease:
    return Lease(package_id=package, holder=holder, purpose=purpose, until=NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("first", "second", "granted"),
    [
        (READING, READING, True),
        (READING, REMOVING, False),
        (REMOVING, READING, False),
        (REMOVING, REMOVING, False),
    ],
)
def test_many_read_or_one_removes(
    catalogue: Catalogue, first: Purpose, second: Purpose, granted: bool
) -> None:
    assert catalogue.lease([a_lease("one", first)], now=NOON)
    assert bool(catalogue.lease([a_lease("other", second)], now=NOON)) is granted
    assert catalogue.lease([a_lease("other", second, package="p-2")], now=NOON)


def test_a_holder_may_change_its_mind_and_prolong(catalogue: Catalogue) -> None:
    assert catalogue.lease([a_lease("one", READING)], now=NOON)
    assert catalogue.lease([a_lease("one", REMOVING, minutes=30)], now=NOON)
    late = NOON + timedelta(minutes=20)
    assert catalogue.lease([a_lease("other", READING, minutes=60)], now=late) == []


def test_a_lease_ends_by_itself_or_is_given_back(catalogue: Catalogue) -> None:
    assert catalogue.lease([a_lease("one", REMOVING), a_lease("one", REMOVING, package="p-2")], now=NOON)
    catalogue.give_back("one", ["p-1"])
    assert catalogue.lease([a_lease("other", READING)], now=NOON)
    wanted = [a_lease("other", READING, package="p-2", minutes=60)]
    assert catalogue.lease(wanted, now=NOON) == []
    assert catalogue.lease(wanted, now=NOON + timedelta(minutes=15)) == wanted


def a_copy(store: str, status: CopyStatus) -> Copy:
    return Copy(package_id="p-1", store=store, status=status, verified_at=NOON, made_by="d")


def test_what_changed_meanwhile_keeps_everything_from_being_written(catalogue: Catalogue) -> None:
    hot, cold = a_copy("hot", CopyStatus.VERIFIED), a_copy("cold", CopyStatus.VERIFIED)
    catalogue.record(Entry(copies=[hot, cold]))
    gone = a_copy("hot", CopyStatus.RETIRED)
    with pytest.raises(Conflict, match="no longer suspect"):
        catalogue.record(Entry(copies=[gone], expecting=[hot, a_copy("cold", CopyStatus.SUSPECT)]))
    with pytest.raises(Conflict, match="but unknown"):
        catalogue.record(Entry(copies=[gone], expecting=[hot, a_copy("cold2", CopyStatus.VERIFIED)]))
    assert catalogue.copies(package_id="p-1") == [cold, hot]
    catalogue.record(Entry(copies=[gone], expecting=[hot, cold]))
    assert catalogue.copies(package_id="p-1") == [cold, gone]
    with pytest.raises(Conflict):
        catalogue.record(Entry(copies=[a_copy("cold", CopyStatus.RETIRED)], expecting=[hot, cold]))
