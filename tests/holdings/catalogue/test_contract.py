"""What every catalogue promises (`holdings.catalogue.interface`), in a file and on a server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from holdings.catalogue.interface import Catalogue, Entry
from holdings.catalogue.sql import SqlCatalogue
from holdings.clock import iso
from holdings.errors import Conflict, NotFound
from holdings.records import CopyStatus, EventType, PackageKind
from tests.holdings.catalogue.light import NOON, a_bare_package, a_copy, an_event


def test_it_is_a_catalogue(catalogue: Catalogue) -> None:
    seam: Catalogue = catalogue
    assert seam.catalogue_id == "0" * 32


def test_what_was_recorded_comes_back_as_it_was(catalogue: Catalogue) -> None:
    package = a_bare_package("nhm-a")
    entry = Entry(packages=[package], copies=[a_copy("nhm-a")], events=[an_event("nhm-a")])
    catalogue.record(entry)
    assert catalogue.package("nhm-a") == package
    assert catalogue.packages() == [package]
    assert catalogue.copies() == entry.copies
    assert catalogue.events() == entry.events


def test_recording_twice_is_recording_once(catalogue: Catalogue) -> None:
    package = a_bare_package("nhm-a")
    entry = Entry(packages=[package] * 2, copies=[a_copy("nhm-a")], events=[an_event("nhm-a")] * 2)
    catalogue.record(entry)
    catalogue.record(entry)
    assert catalogue.packages() == [package]
    assert catalogue.events() == entry.events[:1]


def test_of_two_copies_in_one_entry_the_later_stands(catalogue: Catalogue) -> None:
    good, bad = a_copy("nhm-a"), a_copy("nhm-a", status=CopyStatus.SUSPECT)
    catalogue.record(Entry(copies=[good, bad]))
    assert catalogue.copies() == [bad]
    catalogue.record(Entry(copies=[bad, good]))
    assert catalogue.copies() == [good]


def test_a_package_never_changes_and_nothing_of_the_refused_entry_stays(catalogue: Catalogue) -> None:
    package = a_bare_package("nhm-a")
    catalogue.record(Entry(packages=[package]))
    other = replace(package, objects=package.objects[:1])
    with pytest.raises(Conflict, match="nhm-a"):
        catalogue.record(Entry(packages=[other], copies=[a_copy("nhm-a")], events=[an_event("nhm-a")]))
    assert catalogue.package("nhm-a") == package
    assert catalogue.copies() == []
    assert catalogue.events() == []


def test_answers_come_in_order_and_by_what_was_asked(catalogue: Catalogue) -> None:
    names = ["rbge-b", "nhm-b", "nhm-a", "nhm-10"]
    packages = [a_bare_package(name) for name in names]
    copies = [a_copy(name, store) for name in names for store in ("hot", "cold")]
    events = [an_event(name, days=-number) for number, name in enumerate(names)]
    catalogue.record(Entry(packages=packages, copies=copies, events=events))
    assert [package.package_id for package in catalogue.packages()] == sorted(names)
    assert [package.package_id for package in catalogue.packages(collection="rbge")] == ["rbge-b"]
    assert [copy.store for copy in catalogue.copies(package_id="nhm-a")] == ["cold", "hot"]
    assert [copy.package_id for copy in catalogue.copies(store="cold")] == sorted(names)
    assert [event.package_id for event in catalogue.events()] == names[::-1]
    assert len(catalogue.events(package_id="nhm-a")) == 1
    assert [each.package_id for each in catalogue.packages(package_ids=["rbge-b", "nhm-a", "none"])] == [
        "nhm-a",
        "rbge-b",
    ]
    assert catalogue.packages(package_ids=[]) == []
    assert [event.package_id for event in catalogue.events(latest=2)] == ["nhm-b", "rbge-b"]
    assert catalogue.events(types=[EventType.FIXITY_CHECK]) == []
    assert len(catalogue.events(types=[EventType.INGESTION, EventType.DELETION], latest=9)) == len(names)


def test_a_name_with_a_quote_is_only_a_name(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="no package"):
        catalogue.package("x' OR 1=1 --")
    assert catalogue.packages(collection="'; DROP TABLE packages; --") == []
    assert catalogue.packages() == []


def test_copies_of_many_packages_and_what_is_locked(catalogue: Catalogue) -> None:
    names = ("nhm-a", "nhm-b", "nhm-c")
    until = [NOON + timedelta(days=days) for days in (400, 300)]
    locked = [
        replace(an_event("nhm-b", days=n), detail={"locked_until": iso(moment)})
        for n, moment in enumerate(until)
    ]
    plain = an_event("nhm-a")
    catalogue.record(Entry(copies=[a_copy(name) for name in names], events=[plain, *locked]))
    assert [each.package_id for each in catalogue.copies(package_ids=["nhm-c", "nhm-a"])] == [
        "nhm-a",
        "nhm-c",
    ]
    assert catalogue.copies(package_ids=[]) == []
    assert dict(catalogue.locked()) == {("nhm-b", "hot"): until[0]}


def test_the_latest_bags_of_a_collection_that_are_not_withdrawn(catalogue: Catalogue) -> None:
    made = {"nhm-a": 3, "nhm-b": 1, "nhm-c": 2, "nhm-d": 5, "rbge-a": 4, "nhm-x": 6, "nhm-e": 0}
    packages = [
        replace(a_bare_package(name), created_at=NOON + timedelta(days=days)) for name, days in made.items()
    ]
    built = replace(packages[5], kind=PackageKind.COLLECTION)
    gone = replace(
        an_event("nhm-d"), event_type=EventType.DEACCESSION, store=None, detail={"by": "me", "reason": "so"}
    )
    image = replace(
        gone, event_id="f" * 32, package_id="nhm-a", detail={**gone.detail, "image_id": "nhm-a.1"}
    )
    catalogue.record(Entry(packages=[*packages[:5], built, packages[6]], events=[gone, image]))
    asked = {*made, "none"} - {"nhm-e"}
    assert catalogue.latest_bags(asked, collection="nhm", most=9) == ["nhm-a", "nhm-c", "nhm-b"]
    assert catalogue.latest_bags(asked, collection="nhm", most=2) == ["nhm-a", "nhm-c"]
    assert catalogue.latest_bags([], collection="nhm", most=2) == []


def test_tables_have_the_columns_they_promise(catalogue: Catalogue) -> None:
    package = a_bare_package("nhm-a")
    catalogue.record(Entry(packages=[package], copies=[a_copy("nhm-a", status=CopyStatus.SUSPECT)]))
    packages, copies = catalogue.package_table(), catalogue.copy_table()
    moment = pa.timestamp("us", tz="UTC")
    assert dict(zip(packages.schema.names, packages.schema.types, strict=True)) == {
        "package_id": pa.string(),
        "kind": pa.string(),
        "collection": pa.string(),
        "created_at": moment,
        "bytes": pa.int64(),
        "objects": pa.int32(),
        "images": pa.int64(),
        "withdrawn_at": moment,
    }
    assert packages.to_pylist()[0]["bytes"] == package.size_bytes
    assert packages.to_pylist()[0]["created_at"] == NOON
    assert copies.schema.field("verified_at").type == moment
    assert copies.to_pylist()[0]["verified_at"] is None


def test_threads_share_one_catalogue(
    catalogue: Catalogue, open_catalogue: Callable[[], SqlCatalogue]
) -> None:
    twin = open_catalogue()

    def work(number: int) -> int:
        mine = (catalogue, twin)[number % 2]
        mine.record(Entry(events=[an_event(f"nhm-{number}")]))
        return len(mine.events(package_id=f"nhm-{number}"))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(18))) == [1] * 18
    assert len(catalogue.events()) == 18
