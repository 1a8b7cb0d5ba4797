"""A house in which much happened: four stores, many collections, copies made, lost, mended and removed.

Rows of the catalogue only, all by arithmetic: as many packages as a test asks for, the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from holdings.catalogue.interface import Entry
from holdings.house import House
from holdings.records import Copy, CopyStatus, Event, EventType, Outcome, Package, PackageKind, StoredObject
from tests.kit.houses import a_house

NOW = datetime(2027, 4, 3, 12, tzinfo=UTC)
FIRST = datetime(2025, 9, 1, 8, tzinfo=UTC)
COLLECTIONS = (
    "nhmuk-lepidoptera",
    "naturalis-herbarium",
    "mnhn-herbier",
    "mfn-hymenoptera",
    "rbins-fossils",
    "luomus-fungi",
    "<script>alert(1)</script>",
)
STORES = """
[stores.hot]
url = "memory:"
tier = "hot"
domain = "leiden"
price_sheet = "local-disk"

[stores.cold]
url = "memory:"
tier = "cold"
domain = "london-tape"
price_sheet = "local-cold"

[stores.deep]
url = "memory:"
tier = "cold"
domain = "cloud"
price_sheet = "s3-deep-archive"

[stores.near]
url = "memory:"
tier = "hot"
domain = "paris"
price_sheet = "s3-standard"
"""
POLICY = """
[guards]
min_copies = 1
verified_within_days = 180
settle_days = 30
horizon_months = 12

[guards.removal]
packages = 3
size = "20 GB"
share = 0.2

[[rules]]
name = "fossils rest in two places"
where = "collection = 'rbins-fossils'"
copies = { cold = 2 }
domains = 2
because = "Nobody asks for them, and scanning them again is dear."

[[rules]]
name = "a year old"
where = "age_days >= 365"
copies = { hot = 1, cold = 2 }
domains = 3
because = "What is a year old must outlive a site and a provider."

[[rules]]
name = "everything else"
where = "true"
copies = { hot = 1, cold = 1 }
domains = 2
because = "A second copy that fails for other reasons."
"""


def a_lively_house(folder: Path, *, packages: int = 60, days_apart: float = 9.0) -> House:
    """The house; each package came `days_apart` after the one before."""
    house = a_house(folder, at=NOW, stores=STORES, agent="holdfast 0.1.0 (test)")
    (folder / "policy.toml").write_text(POLICY)
    rows = list(_entries(packages, days_apart))
    for begin in range(0, len(rows), 5000):
        part = rows[begin : begin + 5000]
        house.catalogue.record(
            Entry(
                packages=[package for package, _, _ in part],
                copies=[copy for _, copies, _ in part for copy in copies],
                events=[event for _, _, events in part for event in events],
            )
        )
    return house


def _entries(packages: int, days_apart: float) -> Iterator[tuple[Package, list[Copy], list[Event]]]:
    for number in range(packages):
        package = _package(number, FIRST + timedelta(days=days_apart) * number)
        copies, events = [], []
        for store, status, at, kind in _history(number, package.created_at):
            if at > NOW:
                continue
            event = _event(package, store, at, kind, number)
            events.append(event)
            verified = status is CopyStatus.VERIFIED
            copies.append(
                Copy(
                    package_id=package.package_id,
                    store=store,
                    status=status,
                    verified_at=at if verified else at - timedelta(days=100),
                    made_by="a run",
                )
            )
        yield package, copies, events


def _package(number: int, at: datetime) -> Package:
    size = 400_000_000 + 37_000_000 * (number * 7 % 23)
    return Package(
        package_id=f"bag-{number:012d}",
        kind=PackageKind.BAG,
        # Not `number % 7`: the copies go by sevens and elevens too.
        collection=COLLECTIONS[number * 5 % 13 % len(COLLECTIONS)],
        created_at=at,
        objects=(StoredObject(key="bag.tar", size_bytes=size, sha256="0" * 64),),
        images=20 + number % 30,
    )


def _history(number: int, made: datetime) -> Iterator[tuple[str, CopyStatus, datetime, EventType]]:
    """The copies of a package, each with its last event."""
    verified, later = CopyStatus.VERIFIED, timedelta(days=1)
    yield "hot", verified, made, EventType.INGESTION
    if number % 11 != 3:
        status = CopyStatus.SUSPECT if number % 17 == 5 else verified
        kind = EventType.FIXITY_CHECK if status is not verified or number % 3 == 0 else EventType.REPLICATION
        yield "cold", status, made + later * (2 + number % 5 * 40), kind
    if number % 2 == 0:
        status = CopyStatus.MISSING if number == 14 else verified
        yield "deep", status, made + later * 9, EventType.REPLICATION if number % 8 else EventType.RECOVERY
    if number % 7 == 6:
        yield "near", verified, made + later * 20, EventType.REPLICATION
    elif number % 10 == 9:
        yield "near", CopyStatus.RETIRED, made + later * 60, EventType.DELETION


def _event(package: Package, store: str, at: datetime, kind: EventType, number: int) -> Event:
    failed = kind is EventType.FIXITY_CHECK and number % 17 == 5
    return Event(
        event_id=f"{at:%Y%m%dT%H%M%S%f}-{package.package_id}-{store}",
        at=at,
        event_type=kind,
        package_id=package.package_id,
        store=store,
        agent="holdfast 0.1.0 (test)",
        outcome=Outcome.FAIL if failed else Outcome.SUCCESS,
        run="a run",
        detail={"size_bytes": package.size_bytes, "seconds": 30.0} if kind is EventType.REPLICATION else {},
    )
