"""Every error of a `holdfast.toml` names file, line, key, what was found and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from holdings.errors import BadInput
from holdings.settings import read_settings
from holdings.settings.reading import find_settings
from holdings.stores.opening import folder_of

GOOD = """\
policy = "policy.toml"

[stores.hot]
url = "file:stores/hot"
tier = "hot"
domain = "a"
price_sheet = "disk"

[stores.cold]
url = "s3://bucket-c/archive"
endpoint = "https://s3.example.org/"
region = "eu-central-1"
profile = "archive"
tier = "cold"
domain = "b"
price_sheet = "disk"
bytes_per_second = "10 MB"
requests_per_second = 5

[catalogue]
path = "catalogue/c.duckdb"
wait = "2 min"

[bags]
store = "hot"

[prices]
disk = "prices/disk.toml"

[limits]
threads = 3
transfer = "1 GiB"
"""


def written(folder: Path, text: str = GOOD) -> Path:
    path = folder / "holdfast.toml"
    path.write_text(text)
    return path


def refusal(folder: Path, old: str, new: str) -> BadInput:
    """What is said of GOOD with a part of it replaced."""
    assert old in GOOD
    with pytest.raises(BadInput) as caught:
        read_settings(written(folder, GOOD.replace(old, new, 1)))
    assert str(folder / "holdfast.toml") in caught.value.sentence
    return caught.value


def test_what_stands_there_is_what_is_read(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path))
    hot, cold = settings.stores.values()
    assert hot.url == (tmp_path / "stores" / "hot").as_uri()
    assert (cold.url, cold.endpoint) == ("s3://bucket-c/archive", "https://s3.example.org")
    assert (cold.region, cold.profile, cold.bytes_per_second) == ("eu-central-1", "archive", 10_000_000)
    assert settings.catalogue.path == tmp_path / "catalogue" / "c.duckdb"
    assert settings.catalogue.wait_seconds == 120
    assert settings.bags.algorithms == ("sha512", "sha256")
    assert (settings.limits.threads, settings.limits.transfer_bytes) == (3, 2**30)
    assert settings.policy == tmp_path / "policy.toml"
    assert settings.price_sheets == {"disk": tmp_path / "prices" / "disk.toml"}


def test_what_may_be_left_out(tmp_path: Path) -> None:
    text = GOOD.replace('policy = "policy.toml"', "").partition("[limits]")[0]
    text = text.replace('[catalogue]\npath = "catalogue/c.duckdb"\nwait = "2 min"\n', "")
    settings = read_settings(written(tmp_path, text))
    assert settings.policy == tmp_path / "policy.toml"
    assert settings.catalogue.wait_seconds == 30
    assert settings.limits.threads >= 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('tier = "hot"', 'teir = "hot"', r"line 5: stores\.hot\.teir is not a key .*did you mean 'tier'"),
        ('tier = "hot"', "", r"line 3: stores\.hot\.tier is missing"),
        ('tier = "hot"', "tier = 3", r"line 5: stores\.hot\.tier is 3, and"),
        ("[bags]", "[bag]", r"bag is not a key .*did you mean 'bags'"),
        ("[stores.hot]", "[stores.HOT]", r"line 3: stores\.HOT is 'HOT', and a store's name takes"),
        ('price_sheet = "disk"', 'price_sheet = "disc"', r"line 7: .* is 'disc'.*did you mean 'disk'"),
        ('store = "hot"', 'store = "hto"', r"bags\.store is 'hto'.*did you mean 'hot'"),
        ('store = "hot"', 'store = "hot"\nalgorithms = ["sha512"]', r"lacks 'sha256'"),
        ('store = "hot"', 'store = "hot"\nsource_organization = "a\\u0085b"', r"one line"),
        ('store = "hot"', 'store = "hot"\nalgorithms = ["md5", "sha256"]', r"algorithms\[1\] is 'md5'"),
        ('wait = "2 min"', 'wait = "soon"', r"line 22: catalogue\.wait is 'soon', and a duration is"),
        ('transfer = "1 GiB"', 'transfer = "1 GB."', r"limits\.transfer is '1 GB\.', and a size is"),
        ("threads = 3", "threads = 0", r"limits\.threads is 0"),
        ("threads = 3", "threads = true", r"limits\.threads is True"),
        ("threads = 3", 'threads = "3"', r"limits\.threads is '3'"),
        ("requests_per_second = 5", "requests_per_second = inf", r"requests_per_second is inf"),
        ('"file:stores/hot"', '"stores/hot"', r"url is 'stores/hot', and a URL begins with"),
        ('"file:stores/hot"', '"file://server/hot"', r"names a folder of this machine"),
        ('"file:stores/hot"', '"file:"', r"followed by a folder"),
        ('"file:stores/hot"', '"ftp://x/y"', r"a URL begins with"),
        ('"s3://bucket-c/archive"', '"s3://Bad_Bucket"', r"an S3 store is s3://bucket"),
        ('"s3://bucket-c/archive"', '"s3://bucket-c/a/../b"', r"no empty, '\.' or '\.\.' part"),
        ('"https://s3.example.org/"', '"s3.example.org"', r"an endpoint is https://host"),
        ('path = "catalogue/c.duckdb"', 'path = "stores/hot/c.duckdb"', r"lies inside the store 'hot'"),
        ('domain = "a"', 'domain = "a"\nregion = "eu"', r"stores\.hot\.region is for s3:// stores only"),
        (
            'domain = "a"',
            'domain = "a"\nread_only = true',
            r"bags\.store is 'hot', and that store is read-only",
        ),
        ("[prices]", '[prices]\n"other sheet" = "x"', r"prices\.other sheet"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    sentence = refusal(tmp_path, old, new).sentence
    assert re.search(said, sentence), sentence


def test_every_error_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("[stores.hot]", "[stores.hot]\ncolour = 1").replace("threads = 3", "threads = -1")
    text = text.replace('store = "hot"', 'store = "h"')
    with pytest.raises(BadInput, match="breaks 3 rules") as caught:
        read_settings(written(tmp_path, text))
    keys = [line.split(": ")[1].split()[0] for line in caught.value.sentence.splitlines()[1:]]
    assert keys == ["stores.hot.colour", "bags.store", "limits.threads"]


@pytest.mark.parametrize(
    "key", ["access_key", "aws_secret_access_key", "session_token", "Password", "api-key"]
)
def test_a_secret_is_refused_by_name_and_never_shown(tmp_path: Path, key: str) -> None:
    error = refusal(tmp_path, "[stores.hot]", f'[stores.hot]\n{key} = "s3cr3t-value"')
    assert f"line 4: stores.hot.{key} is a secret" in error.sentence
    assert error.hint is not None
    assert "AWS_ACCESS_KEY_ID" in error.hint
    assert "s3cr3t" not in f"{error.sentence} {error.hint} {error.detail}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s3://bucket-c/archive", "s3://KEY:s3cr3t@bucket-c/archive"),
        ("https://s3.example.org/", "https://user:s3cr3t@s3.example.org"),
    ],
)
def test_a_secret_in_a_url_is_never_shown(tmp_path: Path, old: str, new: str) -> None:
    error = refusal(tmp_path, old, new)
    assert "before an '@'" in error.sentence
    assert "s3cr3t" not in f"{error.sentence} {error.hint} {error.detail}"


@pytest.mark.parametrize(
    "same", ["file:stores/hot", "file:stores", "file:stores/hot/in", "file:link", "file:a/../stores/hot"]
)
def test_two_stores_in_one_place_are_refused(tmp_path: Path, same: str) -> None:
    (tmp_path / "stores" / "hot").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "stores" / "hot")
    other = (
        f'[stores.twin]\nurl = "{same}"\ntier = "cold"\ndomain = "b"\nprice_sheet = "disk"\n\n[stores.cold]'
    )
    assert (
        "stores.twin.url is the same place as that of the store 'hot'"
        in refusal(tmp_path, "[stores.cold]", other).sentence
    )


def test_neighbours_are_two_places(tmp_path: Path) -> None:
    other = (
        '[stores.twin]\nurl = "file:stores/hot2"\ntier = "cold"\ndomain = "b"\nprice_sheet = "disk"\n\n[bags]'
    )
    assert len(read_settings(written(tmp_path, GOOD.replace("[bags]", other))).stores) == 3


def test_odd_folders_reach_the_store_as_they_are(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, GOOD.replace("file:stores/hot", "file:stores/hot 100%25 é")))
    assert folder_of(settings.stores["hot"]) == tmp_path / "stores" / "hot 100%25 é"
    url = (tmp_path / "a b%").as_uri()
    settings = read_settings(written(tmp_path, GOOD.replace("file:stores/hot", url)))
    assert folder_of(settings.stores["hot"]) == tmp_path / "a b%"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[stores.hot\n", r"is not TOML: .*line 1"),
        (b"a = 1\na = 2\n", r"is not TOML: .*line 2"),
        (b"\xff", r"is not UTF-8 text \(byte 0\)"),
        (b"a = " + b"[" * 10_000, r"is not TOML"),
        (b"", r"stores is missing"),
        (b"stores = 3\n[bags]\nstore = 1\n[prices]\n", r"stores is 3"),
        (b"[stores]\n[bags]\nstore = 'x'\n[prices]\n", r"stores"),
    ],
)
def test_no_settings_at_all(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "holdfast.toml").write_bytes(data)
    with pytest.raises(BadInput, match=said):
        read_settings(tmp_path / "holdfast.toml")


def test_a_byte_order_mark_of_a_windows_editor_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert "hot" in read_settings(path).stores


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(f"There is no holdfast.toml in {tmp_path}.")) as caught:
        read_settings(tmp_path / "holdfast.toml")
    assert caught.value.hint is not None
    assert "holdfast init" in caught.value.hint


def test_settings_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, deep = written(tmp_path), tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere" / "other.toml"
    monkeypatch.chdir(deep)
    assert find_settings(None, environment={}) == path
    assert find_settings(elsewhere, environment={"HOLDFAST_SETTINGS": str(path)}) == elsewhere
    assert find_settings(tmp_path, environment={}) == path
    assert find_settings(None, environment={"HOLDFAST_SETTINGS": str(elsewhere)}) == elsewhere


def test_settings_are_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="or above it"):
        find_settings(None, environment={})
