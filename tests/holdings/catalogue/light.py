"""Records that need no store and no Parquet, for tests that start processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.gate import Patience
from holdings.catalogue.migrating import create_catalogue
from holdings.records import (
    Copy,
    CopyStatus,
    Event,
    EventType,
    Outcome,
    Package,
    PackageKind,
    StoredObject,
    new_event_id,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def new_catalogue(path: Path) -> DuckDBCatalogue:
    create_catalogue(path, "0" * 32, patience=Patience(path=path, seconds=10))
    return DuckDBCatalogue(path, wait_seconds=10)


def a_bare_package(name: str, *, size_bytes: int = 3) -> Package:
    keys = ("bag.tar", "intent.json")
    objects = tuple(StoredObject(key=key, size_bytes=size_bytes, sha256="a" * 64) for key in keys)
    return Package(
        package_id=name,
        kind=PackageKind.BAG,
        collection=name.partition("-")[0],
        created_at=NOON,
        objects=objects,
        images=0,
    )


def a_copy(package_id: str, store: str = "hot", status: CopyStatus = CopyStatus.VERIFIED) -> Copy:
    verified_at = NOON if status is CopyStatus.VERIFIED else None
    return Copy(package_id=package_id, store=store, status=status, verified_at=verified_at, made_by="run-1")


def an_event(package_id: str, *, days: int = 0) -> Event:
    at = NOON + timedelta(days=days, microseconds=1)
    return Event(
        event_id=new_event_id(at),
        at=at,
        event_type=EventType.INGESTION,
        package_id=package_id,
        store="hot",
        agent="test é",
        outcome=Outcome.SUCCESS,
        run="run-1",
        detail={"size_bytes": 2**53 + 1, "rule": "ü", "seconds": 0.1, "fresh": True, "none": None},
    )
