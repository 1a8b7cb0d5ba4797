"""What sleeps is said to sleep, is asked for once, and is read when it has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from holdings.errors import NotFound, NotOnline
from holdings.settings.model import StoreSettings
from holdings.stores.s3 import S3Store, open_s3
from tests.holdings.stores.contract import keys, read
from tests.kit.moto import LOOKS_UNTIL_RESTORED, running_moto


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with running_moto() as endpoint:
        yield endpoint


@pytest.fixture
def client(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    client: Any = botocore.session.Session().create_client("s3", endpoint_url=moto, region_name="us-east-1")
    client.create_bucket(Bucket="cold")
    return client


@pytest.fixture
def store(moto: str, client: Any) -> Iterator[S3Store]:
    store = open_s3(
        StoreSettings(
            name="cold", url="s3://cold/kept", tier="cold", domain="here", price_sheet="none", endpoint=moto
        )
    )
    yield store
    store.close()


def test_restoring(store: S3Store, client: Any) -> None:
    client.put_object(Bucket="cold", Key="kept/deep", Body=b"slept", StorageClass="DEEP_ARCHIVE")
    assert keys(store) == ["deep"]
    assert store.head("deep").size_bytes == 5
    assert not store.is_online("deep")
    with pytest.raises(NotOnline, match="must be warmed"):
        read(store, "deep")
    with pytest.raises(NotOnline, match="must be warmed"):
        store.get_range("deep", 0, 1)
    store.warm("deep", days=3)
    looks = 1
    while not store.is_online("deep"):
        store.warm("deep", days=3)  # asking again while it is under way changes nothing
        looks += 1
        assert looks <= LOOKS_UNTIL_RESTORED + 2
    assert looks > 1, "it was not there at once"
    assert read(store, "deep") == b"slept"
    store.warm("deep", days=3)
    assert store.is_online("deep")


def test_what_does_not_sleep_is_never_asked_for(
    store: S3Store, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("warm", b"x")
    monkeypatch.setattr(store._access.control, "restore_object", lambda **_: pytest.fail("asked"))
    store.warm("warm")
    assert store.is_online("warm")
    with pytest.raises(NotFound):
        store.warm("nope")
