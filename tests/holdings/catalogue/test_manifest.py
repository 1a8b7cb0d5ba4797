"""A manifest is one text per package, and anything else is refused by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.catalogue.manifest import MANIFEST_MAX_BYTES, manifest_bytes, read_manifest
from holdings.errors import BadInput
from holdings.records import Package, PackageKind, StoredObject

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\\")
KEYS = st.text(LETTERS, min_size=1, max_size=20).filter(
    lambda key: all(part not in ("", ".", "..") for part in key.split("/")) and key != "manifest.json"
)
GOOD: dict[str, Any] = {
    "collection": "nhm",
    "created_at": "2026-03-01T12:00:00.000000Z",
    "format": 1,
    "images": 2,
    "kind": "bag",
    "objects": [{"key": "bag.tar", "sha256": "a" * 64, "size_bytes": 3}],
    "package_id": "nhm-1",
}


def text(told: object) -> bytes:
    return (json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n").encode()


def with_object(**change: object) -> dict[str, Any]:
    return GOOD | {"objects": [GOOD["objects"][0] | change]}


@given(
    keys=st.lists(KEYS, min_size=1, max_size=5, unique=True),
    size=st.integers(0, 2**63 - 1),
    at=st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    kind=st.sampled_from(PackageKind),
)
def test_what_is_written_is_read(keys: list[str], size: int, at: datetime, kind: PackageKind) -> None:
    objects = tuple(sorted(StoredObject(key=key, size_bytes=size, sha256="0" * 64) for key in keys))
    package = Package(
        package_id="nhm-1", kind=kind, collection="nhm", created_at=at, objects=objects, images=0
    )
    data = manifest_bytes(package)
    assert read_manifest(data, origin="x", package_id="nhm-1") == package
    assert manifest_bytes(read_manifest(data, origin="x")) == data


def test_the_bytes_are_these() -> None:
    assert manifest_bytes(read_manifest(text(GOOD), origin="x")) == text(GOOD)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="not_text"),
        pytest.param(b"[]", id="a_list"),
        pytest.param(b"[" * 100_000, id="very_deep"),
        pytest.param(json.dumps(GOOD, indent=1).encode(), id="other_spacing"),
        pytest.param(text(GOOD)[:-1], id="no_newline_at_the_end"),
        pytest.param(text(GOOD).replace(b'"images":2', b'"images":2,"images":2'), id="a_key_twice"),
        pytest.param(text(GOOD | {"format": 2}), id="a_newer_format"),
        pytest.param(text(GOOD | {"extra": 1}), id="an_unknown_key"),
        pytest.param(text(dict(list(GOOD.items())[1:])), id="a_key_missing"),
        pytest.param(text(GOOD | {"images": True}), id="true_for_a_number"),
        pytest.param(text(GOOD | {"images": -1}), id="negative_images"),
        pytest.param(text(GOOD | {"images": "2"}), id="a_number_as_text"),
        pytest.param(text(GOOD | {"kind": "box"}), id="an_unknown_kind"),
        pytest.param(text(GOOD | {"collection": "NHM Pinned"}), id="no_collection_id"),
        pytest.param(text(GOOD | {"package_id": "../nhm"}), id="a_package_outside"),
        pytest.param(text(GOOD | {"created_at": "2026-03-01"}), id="only_a_date"),
        pytest.param(text(GOOD | {"created_at": "2026-13-01T12:00:00.000000Z"}), id="a_13th_month"),
        pytest.param(text(GOOD | {"objects": []}), id="no_objects"),
        pytest.param(text(GOOD | {"objects": GOOD["objects"] * 2}), id="an_object_twice"),
        pytest.param(text(with_object(key="../../etc/passwd")), id="a_key_that_climbs"),
        pytest.param(text(with_object(key="/bag.tar")), id="an_absolute_key"),
        pytest.param(text(with_object(key="manifest.json")), id="itself"),
        pytest.param(text(with_object(size_bytes=-1)), id="a_negative_size"),
        pytest.param(text(with_object(size_bytes=2**63)), id="a_size_beyond_64_bits"),
        pytest.param(text(with_object(size_bytes=3.0)), id="a_fraction"),
        pytest.param(text(with_object(sha256="A" * 64)), id="upper_case_hash"),
        pytest.param(text(with_object(sha256="a" * 63)), id="short_hash"),
        pytest.param(text(GOOD).replace(b":2,", b":NaN,"), id="not_a_number"),
        pytest.param(b" " * (MANIFEST_MAX_BYTES + 1), id="too_long"),
    ],
)
def test_no_manifest(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"^the object x "):
        read_manifest(data, origin="the object x")


def test_a_manifest_of_another_package_is_refused() -> None:
    with pytest.raises(BadInput, match=r"of nhm-1, not of nhm-2"):
        read_manifest(text(GOOD), origin="x", package_id="nhm-2")
