"""What sleeps is priced, asked for once, waited for, and only then copied from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from archive.asserting import Word
from holdings.catalogue.manifest import manifest_bytes
from holdings.clock import FixedClock
from holdings.house import House
from holdings.records import MANIFEST_NAME, CopyStatus, Package
from service.cli.main import run
from tests.kit.houses import TEST_TIME, a_house
from tests.kit.moto import LOOKS_UNTIL_RESTORED, running_moto
from tests.tiering.builders import a_policy, a_rule
from tests.tiering.holding import a_package, deposit, is_whole
from tiering.applying import apply_plan
from tiering.auditing import audit
from tiering.planning import make_plan
from tiering.recalling import packages_of, recall
from tiering.totalling import asserted_in


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with running_moto() as endpoint:
        yield endpoint


@pytest.fixture
def client(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for word in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(word, "any")
    client: Any = botocore.session.Session().create_client("s3", endpoint_url=moto, region_name="us-east-1")
    return client


@pytest.fixture
def house(moto: str, client: Any, tmp_path: Path) -> Iterator[House]:
    """A cold bucket, and hot in memory."""
    bucket = f"cold-{tmp_path.name.replace('_', '-')}".lower()[:60].rstrip("-")
    client.create_bucket(Bucket=bucket)
    tables = (
        f'[stores.cold]\nurl = "s3://{bucket}"\nendpoint = "{moto}"\ntier = "cold"\ndomain = "a"\n'
        'price_sheet = "s3-deep-archive"\n\n'
        '[stores.hot]\nurl = "memory:"\ntier = "hot"\ndomain = "b"\nprice_sheet = "local-disk"\n'
    )
    with a_house(tmp_path, stores=tables) as opened:
        yield opened


def asleep(house: House, client: Any, number: int = 1) -> Package:
    """A package that a rule of the bucket has put to sleep since it was deposited."""
    package = deposit(house, number, store="cold")
    data = a_package(number)[1] | {MANIFEST_NAME: manifest_bytes(package)}
    bucket = house.settings.stores["cold"].url.removeprefix("s3://")
    for key, part in data.items():
        client.put_object(Bucket=bucket, Key=package.prefix + key, Body=part, StorageClass="DEEP_ARCHIVE")
    return package


def test_the_price_comes_first_and_asking_is_done_once(house: House, client: Any) -> None:
    package = asleep(house, client)
    names = packages_of(house, [f"{package.package_id}.1", package.package_id])
    assert names == [package.package_id]
    (told,) = recall(house, names)
    assert (told.store, told.awake, told.because) == ("cold", False, None)
    assert told.hours > 0
    assert told.currency == "USD"
    waits: list[float] = []
    (woken,) = recall(house, names, ask=True, wait=True, sleep=waits.append)
    assert (woken.awake, woken.costs) == (True, 0.0)
    assert 0 < len(waits) <= 3 * (LOOKS_UNTIL_RESTORED + 1)  # for each object in turn


def test_a_copy_from_what_sleeps_is_asked_for_and_made_by_a_later_run(house: House, client: Any) -> None:
    package = asleep(house, client)
    policy = a_policy(a_rule({"hot": 1, "cold": 1}))
    plan = make_plan(house, policy, at=TEST_TIME)
    assert (plan.totals.recalls, plan.moves[0].recall_hours > 0) == (1, True)
    first = apply_plan(house, plan, policy)
    assert [each.kind for each in first.failed] == ["not-online"]
    assert "was asked for" in (first.failed[0].hint or "")
    for _ in range(4 * LOOKS_UNTIL_RESTORED):
        if apply_plan(house, plan, policy).complete:
            break
    assert is_whole(house.store("hot"), package)


def test_what_is_awake_elsewhere_is_not_woken(house: House, client: Any) -> None:
    package = deposit(house, 2, store="hot")
    (told,) = recall(house, [package.package_id])
    assert (told.store, told.awake) == ("hot", True)


def slept(house: House, client: Any, package: Package, key: str, data: bytes) -> None:
    """Whatever the bucket has under that key sleeps now, with the checksum that S3 keeps of it."""
    client.put_object(
        Bucket=house.settings.stores["cold"].url.removeprefix("s3://"),
        Key=package.prefix + key,
        Body=data,
        StorageClass="DEEP_ARCHIVE",
        ChecksumAlgorithm="SHA256",
    )


def test_what_sleeps_in_a_bucket_is_vouched_for_by_it_and_is_no_younger_for_that(
    house: House, client: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = a_package(5)[1]
    package = deposit(house, 5, store="cold")
    for key, part in (data | {MANIFEST_NAME: manifest_bytes(package)}).items():
        slept(house, client, package, key, part)
    nightly = replace(house, clock=FixedClock(TEST_TIME + timedelta(days=40)))
    found = audit(nightly)
    assert [(each.store, each.word) for each in found.asserted] == [("cold", Word.SAME)]
    (copy,) = house.catalogue.copies(package_id=package.package_id)
    assert (copy.status, copy.verified_at) == (CopyStatus.VERIFIED, TEST_TIME)
    (totals,) = asserted_in(nightly, ["cold"])
    assert (totals.copies, totals.oldest) == (1, nightly.clock.now())
    house.close()
    assert run(["tier", "status", "--settings", str(tmp_path / "holdfast.toml")]) == 1
    assert "itself told the recorded checksums since they were last read" in capsys.readouterr().out
    assert run(["verify", "--settings", str(tmp_path / "holdfast.toml"), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [(each["finding"], each["told"]) for each in told["copies"]] == [("asleep", "same bytes")]
    assert run(["audit", "--settings", str(tmp_path / "holdfast.toml")]) == 0
    assert "of 1 the store itself tells the checksums" in capsys.readouterr().out
    # Somebody puts other bytes there, which the bucket itself then tells of.
    slept(house, client, package, "part-0.bin", b"X" + data["part-0.bin"][1:])
    assert run(["audit", "--settings", str(tmp_path / "holdfast.toml"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(each["finding"], each["told"]) for each in told["copies"]] == [("corrupt", "other bytes")]
    assert run(["verify", "--settings", str(tmp_path / "holdfast.toml")]) == 1
