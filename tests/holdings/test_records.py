"""Identifiers become keys, paths and URLs: what is none of them is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdings.errors import BadInput
from holdings.records import (
    Event,
    EventType,
    Outcome,
    batch_id,
    check_collection_id,
    check_package_id,
    first_event_of,
    image_id,
    journal_key,
    new_event_id,
    package_of_image,
    package_prefix,
)
from holdings.stores.interface import check_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["a", "nhmuk-pinned", "x_1", "a" * 64])
def test_collections(text: str) -> None:
    assert check_collection_id(text) == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a b", "a/b", "..", "a.b", "é", "a" * 65, "a\n"])
def test_no_collections(text: str) -> None:
    with pytest.raises(BadInput):
        check_collection_id(text)


@pytest.mark.parametrize("text", ["", "../x", "a/b", "a.1", "A", "a" * 129, "a\n"])
def test_no_packages(text: str) -> None:
    with pytest.raises(BadInput):
        check_package_id(text)


def test_an_image_names_its_package() -> None:
    assert package_of_image(image_id("nhm-1f", 12)) == "nhm-1f"
    assert package_prefix("nhm-1f") == "packages/nhm-1f/"


@pytest.mark.parametrize(
    "text", ["nhm", "nhm.", ".1", "nhm.x", "nhm.-1", "nhm.²", "../nhm.1", "nhm.1.2", "nhm." + "9" * 5000]
)
def test_no_images(text: str) -> None:
    with pytest.raises(BadInput):
        package_of_image(text)


def test_event_identifiers_sort_by_time_and_never_repeat() -> None:
    ids = [new_event_id(NOON + timedelta(microseconds=n)) for n in range(100)]
    assert ids == sorted(ids)
    assert len({new_event_id(NOON) for _ in range(100)}) == 100


def test_a_batch_is_named_after_its_first_event() -> None:
    event = Event(
        event_id=new_event_id(NOON),
        at=NOON,
        event_type=EventType.INGESTION,
        package_id="nhm-1",
        store="hot",
        agent="test",
        outcome=Outcome.SUCCESS,
        run="run",
    )
    keys = {journal_key(NOON, batch_id(event)) for _ in range(50)}
    assert len(keys) == 50
    assert {first_event_of(check_key(key)) for key in keys} == {event.event_id}
    assert all(key.startswith("events/2026/03/01/") for key in keys)
