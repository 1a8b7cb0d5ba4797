"""A server filled with made-up packages, and a house whose catalogue knows them and whose plan moves them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdings.catalogue.interface import Entry
from holdings.catalogue.manifest import manifest_bytes
from holdings.ledger import copy_after
from holdings.opening import open_house
from holdings.records import (
    MANIFEST_NAME,
    Event,
    EventType,
    Outcome,
    Package,
    PackageKind,
    StoredObject,
    new_event_id,
    sha256_hex,
)
from holdings.settings import read_settings
from holdings.settings.template import write_template
from tiering.plan import plan_to_json
from tiering.planning import make_plan
from tiering.policy import read_policy

if TYPE_CHECKING:
    from tests.kit.seaweed import Seaweed

AT = datetime(2026, 1, 1, tzinfo=UTC)
_POLICY = """
[[rules]]
name = "everything is in both places"
where = "true"
copies = { hot = 1, cold = 1 }
domains = 2
because = "one place is no place"
"""
_STORES = "\n".join(
    f'[stores.{name}]\nurl = "memory:"\ntier = "{name}"\ndomain = "site-{name}"\nprice_sheet = "local-disk"\n'
    for name in ("hot", "cold")
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What is moved."""

    packages: int
    objects: int
    """In each package, the manifest not counted."""
    object_bytes: int

    @property
    def size_bytes(self) -> int:
        """Of all objects."""
        return self.packages * self.objects * self.object_bytes

    def __str__(self) -> str:
        number, kilobytes = self.packages * self.objects, self.object_bytes // 1000
        return f"{number:,} x {kilobytes:,} kB in {self.packages:,} packages"


def fill(folder: Path, shape: Shape, server: Seaweed, bucket: str) -> None:
    """Put the packages into `bucket`; in `folder`, the catalogue, a plan, and all keys in `keys.txt`.

    The settings are left in `template.toml`: the plan names stores, not where they are.
    """
    from tests.kit.houses import with_stores  # noqa: PLC0415

    write_template(folder)
    settings = folder / "holdfast.toml"
    settings.rename(folder / "template.toml")
    settings.write_text(with_stores((folder / "template.toml").read_text(), _STORES))
    (folder / "policy.toml").write_text(_POLICY)
    client = server.client()
    with ThreadPoolExecutor(8) as pool:
        packages = list(pool.map(partial(_put, client, bucket), _made(shape)))
    client.close()
    with open_house(read_settings(settings)) as house:
        events = [_ingestion(package) for package in packages]
        for begin in range(0, len(packages), 500):
            part = events[begin : begin + 500]
            house.catalogue.record(
                Entry(
                    packages=packages[begin : begin + 500],
                    copies=[copy_after(event) for event in part],
                    events=part,
                )
            )
        # As a deposit leaves it; without it a store is asked whose it is each time.
        whose = json.dumps({"catalogue_id": house.catalogue.catalogue_id, "format": 1})
        (folder / "identity.json").write_text(whose)
        plan = make_plan(house, read_policy(house.settings.policy), at=AT)
    assert len(plan.moves) == shape.packages
    (folder / "plan.json").write_text(plan_to_json(plan))
    (folder / "keys.txt").write_text("".join(f"{key}\n" for each in packages for key in _keys(each)))


def _keys(package: Package) -> list[str]:
    return [package.prefix + key for key in (*(item.key for item in package.objects), MANIFEST_NAME)]


def _made(shape: Shape) -> Iterator[tuple[Package, bytes]]:
    """Packages with the seed that makes their bytes; objects of one package differ by their first bytes."""
    chance = random.Random(1)  # reproducible, not secret
    body = chance.randbytes(shape.object_bytes)
    for number in range(shape.packages):
        objects = tuple(
            StoredObject(
                key=key, size_bytes=shape.object_bytes, sha256=sha256_hex(_bytes_of(body, number, key))
            )
            for key in sorted(f"part-{n:03}.bin" for n in range(shape.objects))
        )
        yield (
            Package(
                package_id=f"bench-{number:012x}",
                kind=PackageKind.BAG,
                collection="bench",
                created_at=AT,
                objects=objects,
                images=0,
            ),
            body,
        )


def _bytes_of(body: bytes, number: int, key: str) -> bytes:
    head = f"{number} {key} ".encode()
    return head + body[len(head) :]


def _put(client: Any, bucket: str, made: tuple[Package, bytes]) -> Package:
    package, body = made
    number = int(package.package_id.rpartition("-")[2], 16)
    for item in package.objects:
        data = _bytes_of(body, number, item.key)
        client.put_object(Bucket=bucket, Key=package.prefix + item.key, Body=data)
    client.put_object(Bucket=bucket, Key=package.prefix + MANIFEST_NAME, Body=manifest_bytes(package))
    return package


def _ingestion(package: Package) -> Event:
    return Event(
        event_id=new_event_id(AT),
        at=AT,
        event_type=EventType.INGESTION,
        package_id=package.package_id,
        store="hot",
        agent="bench",
        outcome=Outcome.SUCCESS,
        run="bench",
        detail={"size_bytes": package.size_bytes, "seconds": 1.0},
    )
