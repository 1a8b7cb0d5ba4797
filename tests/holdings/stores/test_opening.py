"""From settings to stores, wrappers and doors."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from holdings.errors import AccessDenied, BadInput, Conflict, Unavailable
from holdings.settings.model import StoreSettings
from holdings.stores.doors import open_filesystem, storage_options
from holdings.stores.opening import create_store, open_store
from holdings.stores.readonly import ReadOnlyStore
from holdings.stores.retrying import RetryingStore
from holdings.stores.throttled import ThrottledStore
from tests.holdings.stores.contract import keys, read
from tests.kit.seaweed import Seaweed


def spec_of(url: str, **more: object) -> StoreSettings:
    spec = StoreSettings(name="hot", url=url, tier="hot", domain="here", price_sheet="none")
    return dataclasses.replace(spec, **more)  # type: ignore[arg-type]  # any field


@pytest.fixture
def local(tmp_path: Path) -> StoreSettings:
    return spec_of((tmp_path / "a disk 100%/hot").as_uri())


def test_a_local_store_is_made_once_and_opened_often(local: StoreSettings, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        list(open_store(local).list())
    assert not (tmp_path / "a disk 100%").exists()
    create_store(local)
    create_store(local)
    store = open_store(local)
    store.put("k", b"x")
    assert (tmp_path / "a disk 100%/hot/k").read_bytes() == b"x"
    assert store.url == local.url
    with pytest.raises(Unavailable, match="that of the store 'hot'"):
        create_store(dataclasses.replace(local, name="cold"))


def test_settings_ask_for_wrappers(local: StoreSettings) -> None:
    create_store(local)
    assert isinstance(open_store(dataclasses.replace(local, requests_per_second=5.0)), ThrottledStore)
    assert isinstance(open_store(dataclasses.replace(local, bytes_per_second=5e6)), ThrottledStore)
    store = open_store(dataclasses.replace(local, read_only=True, bytes_per_second=5e6))
    assert isinstance(store, ReadOnlyStore)
    with pytest.raises(AccessDenied):
        store.put("k", b"x")
    assert isinstance(open_store(spec_of("s3://bucket")), RetryingStore)


def test_memory_and_nonsense() -> None:
    store = open_store(spec_of("memory:"))
    store.put("k", b"x")
    assert keys(store) == ["k"]
    for url in ("ftp://there", "hot", ""):
        with pytest.raises(BadInput, match="begins with file, memory, s3"):
            open_store(spec_of(url))


def test_opening_an_s3_store_asks_nothing_of_the_server() -> None:
    open_store(spec_of("s3://bucket", endpoint="http://127.0.0.1:1")).close()


def test_a_house_of_folders_never_imports_the_s3_clients() -> None:
    code = (
        "import sys, holdings.stores.opening\n"
        "print([name for name in ('obstore', 'botocore', 's3fs') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_folder_that_holds_something_else_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(Conflict):
        create_store(spec_of(tmp_path.as_uri()))


# Doors


def test_a_local_door(local: StoreSettings) -> None:
    create_store(local)
    open_store(local).put("packages/p/bag.tar", b"bag")
    filesystem, root = open_filesystem(local)
    assert filesystem.cat_file(f"{root}/packages/p/bag.tar") == b"bag"
    assert storage_options(local) == {}


def test_options_for_s3_name_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sesame")
    spec = spec_of("s3://bucket/kept", endpoint="http://there", region="eu-west-2", profile="curator")
    options = storage_options(spec)
    assert options == {
        "profile": "curator",
        "client_kwargs": {"endpoint_url": "http://there", "region_name": "eu-west-2"},
        "default_cache_type": "none",
        "default_fill_cache": False,
    }
    assert "sesame" not in json.dumps(options)
    assert storage_options(spec_of("s3://bucket"))["client_kwargs"] == {}


def test_memory_has_no_door() -> None:
    with pytest.raises(BadInput, match="no door"):
        open_filesystem(spec_of("memory:"))


def test_the_same_bytes_through_the_s3_door(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    spec = seaweed.spec("hot", seaweed.make_bucket("door"), prefix="kept")
    store = open_store(spec)
    store.put("packages/p q/image+1.tif", bytes(range(256)) * 100)
    filesystem, root = open_filesystem(spec)
    path = f"{root}/packages/p q/image+1.tif"
    assert filesystem.cat_file(path) == read(store, "packages/p q/image+1.tif")
    with filesystem.open(path) as opened:
        opened.seek(300)
        assert opened.read(10) == bytes(range(44, 54))
    store.close()
