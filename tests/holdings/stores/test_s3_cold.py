"""What sleeps is said to sleep, is asked for once, and is read when it has come."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from holdings.errors import NotFound, NotOnline
from holdings.settings.model import StoreSettings
from holdings.stores.s3 import S3Store, open_s3
from holdings.stores.s3_sums import sum_told
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


def test_the_checksum_of_what_sleeps_is_told_without_waking_it(store: S3Store, client: Any) -> None:
    client.put_object(
        Bucket="cold", Key="kept/summed", Body=b"slept", StorageClass="GLACIER", ChecksumAlgorithm="SHA256"
    )
    told = store.told_sum("summed")
    assert (told.algorithm, told.of_all_bytes, told.size_bytes) == ("SHA256", True, 5)
    assert told.value == base64.b64encode(hashlib.sha256(b"slept").digest()).decode()
    client.put_object(Bucket="cold", Key="kept/plain", Body=b"slept", StorageClass="GLACIER")
    assert store.told_sum("plain").algorithm is None
    assert not store.is_online("summed")
    with pytest.raises(NotFound):
        store.told_sum("nope")


SHA256 = base64.b64encode(bytes(32)).decode()
CRC64 = base64.b64encode(bytes(8)).decode()


@pytest.mark.parametrize(
    ("told", "algorithm", "of_all_bytes"),
    [
        ({"ChecksumSHA256": SHA256}, "SHA256", True),
        ({"ChecksumSHA256": SHA256, "ChecksumType": "FULL_OBJECT"}, "SHA256", True),
        ({"ChecksumSHA256": f"{SHA256}-3", "ChecksumType": "COMPOSITE"}, "SHA256", False),
        ({"ChecksumSHA256": f"{SHA256}-3", "ChecksumType": "FULL_OBJECT"}, "SHA256", False),
        ({"ChecksumSHA256": SHA256, "ETag": '"e-3"'}, "SHA256", False),
        ({"ChecksumCRC64NVME": CRC64, "ETag": '"e-3"'}, "CRC64NVME", True),
        ({"ChecksumCRC64NVME": CRC64, "ChecksumSHA256": SHA256}, "SHA256", True),
        ({"ChecksumSHA256": "not base64", "ChecksumCRC64NVME": CRC64}, "CRC64NVME", True),
        ({"ChecksumSHA256": CRC64}, None, False),
        ({"ChecksumCRC32": "AAAAAA=="}, None, False),
        ({}, None, False),
    ],
)
def test_which_sum_counts_for_what(told: dict[str, str], algorithm: str | None, of_all_bytes: object) -> None:
    found = sum_told("k", {"ETag": '"e"', "ContentLength": 1} | told)
    assert (found.algorithm, found.of_all_bytes) == (algorithm, of_all_bytes)


def test_a_sum_of_parts_never_passes_for_that_of_the_bytes(store: S3Store) -> None:
    """moto tells it without a word that it is one: the object's ETag gives it away."""
    data = bytes(6 << 20)
    small = S3Store(store._access, whole_up_to_bytes=1 << 20, part_bytes=5 << 20)
    small.put_stream("large", [data], size_bytes=len(data))
    told = small.told_sum("large")
    assert (told.algorithm, told.of_all_bytes, told.size_bytes) == ("SHA256", False, len(data))
    assert base64.b64decode(told.value.partition("-")[0]) != hashlib.sha256(data).digest()
