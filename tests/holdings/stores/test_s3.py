"""S3 keeps the contract on a real server, and what only a server can get wrong."""

from __future__ import annotations

import base64
import copy
import dataclasses
import hashlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from holdings.errors import AccessDenied, AlreadyExists, BadInput, Conflict, NotFound, Transient
from holdings.settings.model import StoreSettings
from holdings.stores import s3_claims, s3_multipart
from holdings.stores.interface import Buffer, Store
from holdings.stores.opening import open_store
from holdings.stores.s3 import S3Store, open_s3
from holdings.stores.s3_access import Access
from holdings.stores.s3_claims import claimed
from tests.holdings.stores.contract import (
    StoreContract,
    contents,
    files_only,
    in_chunks,
    keys,
    never_read,
    read,
)
from tests.kit.seaweed import Seaweed

MIB = 1 << 20


@pytest.fixture(scope="module")
def environment(seaweed: Seaweed) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        for name, value in seaweed.environment.items():
            patch.setenv(name, value)
        yield patch


@pytest.fixture(scope="module")
def bucket(seaweed: Seaweed, environment: pytest.MonkeyPatch) -> str:
    """One for the module: every bucket costs the server seven volumes."""
    return seaweed.make_bucket("stores")


@pytest.fixture(scope="module")
def first(seaweed: Seaweed, bucket: str) -> Iterator[Access]:
    """Making the clients takes a tenth of a second; they do not depend on the prefix."""
    access = Access(seaweed.spec("hot", bucket))
    assert access.bytes
    assert access.control
    assert access.patient
    yield access
    access.close()


@pytest.fixture
def spec(seaweed: Seaweed, bucket: str, request: pytest.FixtureRequest) -> StoreSettings:
    """Each test below a prefix of its own, with characters that are easily mangled."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:8]
    return seaweed.spec("hot", bucket, prefix=f"k 50%+ä/{digest}")


@pytest.fixture
def access(first: Access, spec: StoreSettings) -> Access:
    access = copy.copy(first)
    access.prefix = Access(spec).prefix
    return access


@pytest.fixture
def store(access: Access) -> S3Store:
    """With small limits, so that objects of a few MiB go the way of the large ones."""
    return S3Store(access, whole_up_to_bytes=MIB, part_bytes=5 * MIB)


@pytest.mark.parametrize(("may_sleep", "algorithm"), [(True, "SHA256"), (False, "CRC64NVME")])
def test_what_may_sleep_is_put_with_the_better_checksum(
    spec: StoreSettings, environment: pytest.MonkeyPatch, may_sleep: bool, algorithm: str
) -> None:
    store = open_store(spec, may_sleep=may_sleep)
    store.put("packages/p-1/bag.tar", b"bag")
    told = store.told_sum("packages/p-1/bag.tar")
    assert (told.algorithm, told.of_all_bytes) == (algorithm, True)
    store.close()


@pytest.mark.parametrize("part_bytes", [5 * MIB, 6 * MIB])
def test_of_parts_the_server_tells_the_sum_of_their_sums(access: Access, part_bytes: int) -> None:
    """As S3 defines it, and another for the same bytes in other parts: so it is compared with itself only."""
    data = hashlib.shake_256(b"parts").digest(11 * MIB)
    store = S3Store(access, whole_up_to_bytes=MIB, part_bytes=part_bytes)
    key = f"packages/in-{part_bytes}/bag.tar"
    written = store.put_stream(key, in_chunks(data, MIB), size_bytes=len(data))
    told = store.told_sum(key)
    parts = [data[begin : begin + part_bytes] for begin in range(0, len(data), part_bytes)]
    of_sums = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
    of_tags = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()  # ETag
    assert (told.algorithm, told.value) == ("SHA256", f"{base64.b64encode(of_sums).decode()}-{len(parts)}")
    assert not told.of_all_bytes
    assert told.version == written.version
    assert told.version.strip('"') == f"{of_tags}-{len(parts)}"


class TestS3Store(StoreContract):
    large_bytes = 6 * MIB + 1
    race_bytes = MIB + 1

    @pytest.fixture
    def store(self, store: S3Store) -> Store:
        return store

    def without_conflicts(self, wanted: list[str]) -> list[str]:
        """S3 itself could hold them; this server keeps keys as folders and files."""
        return files_only(wanted)


def test_a_bucket_without_a_prefix_as_settings_open_it(
    seaweed: Seaweed, environment: pytest.MonkeyPatch
) -> None:
    store = open_store(seaweed.spec("hot", seaweed.make_bucket("own")))
    data = contents(1, 9 * MIB)
    store.put_stream("packages/p-1/bag.tar", in_chunks(data), size_bytes=len(data))
    store.copy("packages/p-1/bag.tar", "packages/p-1-v2/bag.tar")
    assert keys(store) == ["packages/p-1-v2/bag.tar", "packages/p-1/bag.tar"]
    assert keys(store, "packages/p-1/") == ["packages/p-1/bag.tar"]
    assert read(store, "packages/p-1-v2/bag.tar") == data
    store.close()


def test_a_key_below_another_is_refused_where_the_server_keeps_files(store: S3Store) -> None:
    store.put("a/b", b"x")
    with pytest.raises(Conflict, match="folder of that name"):
        store.put("a", b"x")
    with pytest.raises(Conflict, match="folder of that name"):
        store.put_stream("a", in_chunks(bytes(2 * MIB)), size_bytes=2 * MIB)
    with pytest.raises(Conflict, match="folder of that name"):
        store.copy("a/b", "a")
    assert keys(store) == ["a/b"]


# Unfinished uploads


def unfinished(seaweed: Seaweed, bucket: str) -> list[str]:
    return [
        found["Key"] for found in seaweed.client().list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    ]


def test_a_large_put_that_fails_leaves_no_parts_to_pay_for(
    seaweed: Seaweed, bucket: str, store: S3Store
) -> None:
    def breaking() -> Iterator[Buffer]:
        yield contents(1, 6 * MIB)
        raise KeyboardInterrupt

    before = unfinished(seaweed, bucket)
    with pytest.raises(KeyboardInterrupt):
        store.put_stream("k", breaking(), size_bytes=12 * MIB)
    with pytest.raises(BadInput):
        store.put_stream("k", [contents(1, 6 * MIB)], size_bytes=12 * MIB)
    assert unfinished(seaweed, bucket) == before
    assert keys(store) == []


def test_a_doomed_upload_is_not_sent(store: S3Store) -> None:
    store.put("k", b"x")
    with pytest.raises(AlreadyExists):
        store.put_stream("k", never_read(), size_bytes=1 << 30)


def test_parts_that_a_killed_process_left_are_swept(
    seaweed: Seaweed, bucket: str, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = seaweed.client()
    for key in ("packages/dead", "elsewhere/dead"):
        client.create_multipart_upload(Bucket=bucket, Key=access.prefix + key)
    assert s3_multipart.abort_abandoned(access, "packages/new") == 0, "it may still live"
    monkeypatch.setattr(s3_multipart, "_ABANDONED_AFTER", timedelta(seconds=-60))
    store = S3Store(access, whole_up_to_bytes=MIB)
    store.put_stream("packages/new", in_chunks(contents(1, 2 * MIB)), size_bytes=2 * MIB)
    left = [key for key in unfinished(seaweed, bucket) if key.startswith(access.prefix)]
    assert left == [access.prefix + "elsewhere/dead"]


def test_an_upload_that_was_meant_for_a_key_that_came_meanwhile_is_refused(store: S3Store) -> None:
    def meanwhile() -> Iterator[Buffer]:
        store.put("k", b"other")
        yield contents(1, 6 * MIB)

    with pytest.raises(AlreadyExists):
        store.put_stream("k", meanwhile(), size_bytes=6 * MIB)
    assert read(store, "k") == b"other"


@pytest.mark.parametrize(
    ("size", "least", "part"),
    [(1, 16 * MIB, 16 * MIB), (160_000 * MIB, 16 * MIB, 16 * MIB), (5 << 40, 16 * MIB, 549_755_814)],
)
def test_ten_thousand_parts_suffice(size: int, least: int, part: int) -> None:
    assert s3_multipart.part_bytes_for(size, least=least) == part
    assert -(-size // part) <= 10_000


# Claims


def test_a_claim_of_a_living_writer_is_waited_for(access: Access) -> None:
    waited: list[float] = []
    with ExitStack() as first:
        first.enter_context(claimed(access, "k"))

        def end_it(seconds: float) -> None:
            waited.append(seconds)
            first.close()

        with claimed(access, "k", sleep=end_it):
            assert len(waited) == 1


def test_a_claim_of_a_dead_writer_is_passed_over(
    access: Access, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with claimed(access, "k"):
        monkeypatch.setattr(s3_claims, "STALE_AFTER", timedelta(seconds=-60))
        store.put_stream("k", in_chunks(bytes(2 * MIB)), size_bytes=2 * MIB)
        assert keys(store) == ["k"]


def test_whoever_waited_for_a_writer_that_won_is_refused(access: Access, store: S3Store) -> None:
    def win(_: float) -> None:
        store.put("k", b"x")

    with claimed(access, "k"), pytest.raises(AlreadyExists), claimed(access, "k", sleep=win):
        pytest.fail("the key is there")


# Checksums


def test_checksums_are_sent_and_kept(
    seaweed: Seaweed, bucket: str, spec: StoreSettings, store: S3Store
) -> None:
    data = contents(9, 6 * MIB)
    store.put("small", data[:1000])
    store.put_stream("large", in_chunks(data), size_bytes=len(data))

    def kept(key: str) -> str:
        full = Access(spec).prefix + key
        return str(
            seaweed.client().head_object(Bucket=bucket, Key=full, ChecksumMode="ENABLED")["ChecksumSHA256"]
        )

    parts = [hashlib.sha256(data[: 5 * MIB]).digest(), hashlib.sha256(data[5 * MIB :]).digest()]
    assert kept("small") == base64.b64encode(hashlib.sha256(data[:1000]).digest()).decode()
    assert kept("large") == base64.b64encode(hashlib.sha256(b"".join(parts)).digest()).decode() + "-2"


def test_a_part_that_was_damaged_on_its_way_is_rejected(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong:
        def digest(self) -> bytes:
            return bytes(32)

    class Hashes:
        @staticmethod
        def sha256(_: object) -> Wrong:
            return Wrong()

    monkeypatch.setattr(s3_multipart, "hashlib", Hashes)
    with pytest.raises(Transient, match="BadDigest"):
        store.put_stream("k", in_chunks(contents(1, 2 * MIB)), size_bytes=2 * MIB)
    assert keys(store) == []


# Clear errors


def everything(store: Store) -> list[Callable[[], object]]:
    return [
        lambda: store.head("k"),
        lambda: list(store.get("k")),
        lambda: store.get_range("k", 0, 1),
        lambda: list(store.list()),
        lambda: store.put("k", b""),
        lambda: store.put_stream("k", [bytes(9 * MIB)], size_bytes=9 * MIB),
        lambda: store.copy("k", "l"),
        lambda: store.delete("k", version="1"),
        lambda: store.is_online("k"),
    ]


def test_a_bucket_that_is_not_there(seaweed: Seaweed, environment: pytest.MonkeyPatch) -> None:
    store = open_store(seaweed.spec("hot", "no-such-bucket"))
    for ask in everything(store):
        with pytest.raises(AccessDenied, match=r"The bucket of hot \(no-such-bucket at http") as refused:
            ask()
        assert "never makes" in (refused.value.hint or "")
    store.close()


@pytest.mark.parametrize("wrong", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_a_wrong_secret(
    seaweed: Seaweed, spec: StoreSettings, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv(wrong, "WRONGWRONGWRONG")
    store = open_store(spec)
    for ask in everything(store):
        with pytest.raises(AccessDenied) as refused:
            ask()
        said = f"{refused.value} {refused.value.hint} {refused.value.detail}"
        assert seaweed.secret_key not in said
        assert wrong != "AWS_SECRET_ACCESS_KEY" or "WRONGWRONG" not in said
    store.close()


def test_no_credentials_at_all(spec: StoreSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    for ask in everything(open_store(spec)):
        with pytest.raises(AccessDenied, match="no credentials"):
            ask()


def test_a_profile_that_is_not_there(spec: StoreSettings) -> None:
    with pytest.raises(BadInput, match="nobody") as refused:
        open_store(dataclasses.replace(spec, profile="nobody")).head("k")
    assert "environment" in (refused.value.hint or "")


def test_a_profile_lets_in(
    seaweed: Seaweed, spec: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text(
        f"[curator]\naws_access_key_id={seaweed.access_key}\naws_secret_access_key={seaweed.secret_key}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    store = open_store(dataclasses.replace(spec, profile="curator"))
    store.put("k", b"x")
    assert read(store, "k") == b"x"
    assert keys(store) == ["k"]
    store.close()


def test_nobody_listens(spec: StoreSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nothing else can take it meanwhile
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        there = dataclasses.replace(spec, endpoint=endpoint)
        bare, store = open_s3(there), open_store(there)
        for ask in [*everything(bare), everything(store)[0]]:
            began = time.monotonic()
            with pytest.raises(Transient, match="did not answer well") as refused:
                ask()
            assert "endpoint" in (refused.value.hint or "")
            assert time.monotonic() - began < 60, "nobody listens: there is nothing to wait for"
        bare.close()
        store.close()


def test_a_key_that_is_too_long_with_the_prefix(spec: StoreSettings, store: S3Store) -> None:
    with pytest.raises(BadInput, match="With the prefix"):
        store.put("x" * 1010, b"")
    with pytest.raises(BadInput, match="KeyTooLong"):
        store.put("x" * 300, b"")  # this server keeps the parts of a key as names of files


def test_a_url_without_a_bucket() -> None:
    with pytest.raises(BadInput, match="names no bucket"):
        open_s3(StoreSettings(name="hot", url="s3:///prefix", tier="hot", domain="here", price_sheet="none"))


# What others did to the bucket


def test_what_no_put_of_ours_made_is_named(
    seaweed: Seaweed, bucket: str, access: Access, store: S3Store
) -> None:
    prefix = access.prefix
    client = seaweed.client()
    client.put_object(Bucket=bucket, Key=prefix + "folder/", Body=b"")
    store.put("folder/k", b"x")
    assert keys(store) == ["folder/k"]
    client.put_object(Bucket=bucket, Key=prefix + "new\x7fline", Body=b"x")
    with pytest.raises(Conflict, match="no put of ours"):
        keys(store)


def test_an_object_that_was_replaced_behind_our_back_is_another_version(
    seaweed: Seaweed, bucket: str, access: Access, store: S3Store
) -> None:
    info = store.put("k", contents(1, 5 * MIB))
    chunks = store.get("k", version=info.version)
    seaweed.client().put_object(Bucket=bucket, Key=access.prefix + "k", Body=contents(2, 5 * MIB))
    with pytest.raises(Conflict):
        list(chunks)
    with pytest.raises(Conflict):
        store.delete("k", version=info.version)
    assert read(store, "k") == contents(2, 5 * MIB)


def test_two_stores_of_one_bucket_do_not_see_each_other(spec: StoreSettings, store: S3Store) -> None:
    other = open_s3(dataclasses.replace(spec, url=spec.url + "-other"))
    store.put("k", b"x")
    with pytest.raises(NotFound):
        other.head("k")
    assert keys(other) == []
    other.close()
