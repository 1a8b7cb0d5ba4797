"""A store that keeps its promises is believed; one that lies is found out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from holdings.clock import FixedClock, SystemClock
from holdings.errors import AlreadyExists
from holdings.settings.model import StoreSettings
from holdings.stores.interface import Buffer, Written
from holdings.stores.local import LocalStore
from holdings.stores.memory import MemoryStore
from holdings.stores.probing import LOCKS_HOLD, PROBES, SCRATCH, probe, proved_claims
from holdings.stores.s3 import open_s3
from holdings.stores.s3_access import Access
from holdings.stores.wrapper import Wrapper
from tests.kit.moto import running_moto
from tests.kit.seaweed import Seaweed

CLOCK = SystemClock()


def a_spec(url: str = "memory:") -> StoreSettings:
    return StoreSettings(name="cold", url=url, tier="cold", domain="here", price_sheet="none")


def test_the_model_keeps_every_promise_and_the_probe_leaves_only_its_record() -> None:
    store = MemoryStore("cold")
    found = probe(a_spec(), store, CLOCK)
    assert [each for each in found if not each.holds] == []
    assert list(store.list(SCRATCH)) == []
    (record,) = store.list(PROBES)
    told = json.loads(b"".join(store.get(record.key)))
    assert (told["store"], len(told["proved"])) == ("cold", len(found))


def test_a_folder_keeps_every_promise(tmp_path: Path) -> None:
    LocalStore.create("cold", tmp_path / "cold")
    store = LocalStore("cold", tmp_path / "cold")
    assert all(each.holds for each in probe(a_spec(), store, CLOCK))


class Replacing(Wrapper):
    """Says yes to every put."""

    def put(self, key: str, data: Buffer) -> Written:
        try:
            return super().put(key, data)
        except AlreadyExists:
            self._inner.delete(key, version=self._inner.head(key).version)
            return super().put(key, data)


class Careless(Wrapper):
    """Deletes whatever version it is told, and reads likewise."""

    def delete(self, key: str, *, version: str) -> None:
        super().delete(key, version=self._inner.head(key).version)

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        return super().get(key, start=start)


@pytest.mark.parametrize(
    ("liar", "lies"),
    [
        (Replacing, {"a put never replaces", "of many writers at once one wins"}),
        (Careless, {"a delete of another version is refused", "a read of another version is refused"}),
    ],
)
def test_a_liar_is_found_out(liar: type[Wrapper], lies: set[str]) -> None:
    found = probe(a_spec(), liar(MemoryStore("cold")), CLOCK)
    assert {each.claim for each in found if not each.holds} >= lies


def test_a_clock_that_is_off_is_told() -> None:
    clock = FixedClock(CLOCK.now() + timedelta(minutes=6))
    found = probe(a_spec(), MemoryStore("cold"), clock)
    assert [each.claim for each in found if not each.holds] == ["its clock is ours within 5 minutes"]


def test_a_real_server(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    spec = seaweed.spec("cold", seaweed.make_bucket("probe"))
    store = open_s3(spec)
    try:
        assert [each for each in probe(spec, store, CLOCK) if not each.holds] == []
        assert proved_claims(store) >= {"a put never replaces"}
        # What only settings claim, and this bucket has not.
        claiming = replace(spec, object_lock=True)
        found = {
            each.claim: each.says for each in probe(claiming, store, CLOCK, sleeps=True) if not each.holds
        }
        assert found == {
            "what is deleted is kept as a version": "a put told no version: versioning is off",
            LOCKS_HOLD: "a put told no version, and only versions can be locked",
            "what sleeps must be woken, and can be": (
                "an object of a class that sleeps was given without being woken"
            ),
        }
    finally:
        store.close()


def test_a_server_that_minds_no_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    for word in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(word, "any")
    with running_moto() as endpoint:
        spec = StoreSettings(
            name="cold", url="s3://cold", tier="cold", domain="here", price_sheet="none", endpoint=endpoint
        )

        client: Any = botocore.session.Session().create_client(
            "s3", endpoint_url=endpoint, region_name="us-east-1"
        )
        client.create_bucket(Bucket="cold")
        store = open_s3(spec)
        found = {each.claim: each.holds for each in probe(spec, store, CLOCK, sleeps=True)}
        store.close()
    assert not found["the server refuses bytes with a wrong SHA-256"]
    assert found["what sleeps must be woken, and can be"]


@pytest.fixture
def locked(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> StoreSettings:
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    return replace(seaweed.spec("cold", seaweed.make_bucket("locks", locks=True)), object_lock=True)


def test_a_bucket_that_locks_whatever_is_put_is_believed(seaweed: Seaweed, locked: StoreSettings) -> None:
    """As `terraform/` makes them: nothing shorter than its own lock may be set."""
    default = {"Mode": "GOVERNANCE", "Days": 1}
    seaweed.client().put_object_lock_configuration(
        Bucket=locked.url.removeprefix("s3://"),
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}},
    )
    store = open_s3(locked)
    assert [each for each in probe(locked, store, CLOCK) if not each.holds] == []
    store.close()


class MayNotDelete:
    """A client whose identity has no right to delete."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def delete_object(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObject")


def test_whoever_may_not_delete_proves_nothing_of_locks(
    locked: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = vars(Access)["control"].fget
    monkeypatch.setattr(Access, "control", property(lambda access: MayNotDelete(right(access))))
    store = open_s3(locked)
    found = {each.claim: each.says for each in probe(locked, store, CLOCK) if not each.holds}
    assert "may remove no version at all" in found[LOCKS_HOLD]
    assert LOCKS_HOLD not in proved_claims(store)
    assert "what is deleted is kept as a version" in found
    store.close()
