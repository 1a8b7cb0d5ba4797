"""What is really held, month by month, as the events tell it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from capacity.actuals import actuals
from holdings.records import EventType, Outcome
from tests.capacity.holdings import deposit_images, read_copy
from tests.kit.houses import a_house


def test_nothing_ever_happened(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        assert actuals(house) == []


def test_copies_count_from_their_proof_to_their_failure(tmp_path: Path) -> None:
    with a_house(tmp_path, at=datetime(2026, 5, 3, tzinfo=UTC)) as house:
        first = deposit_images(house, [700, 1100], collection="herb", at=datetime(2026, 1, 31, tzinfo=UTC))
        second = deposit_images(house, [1300], collection="herb", at=datetime(2026, 3, 1, tzinfo=UTC))
        read_copy(house, first, "cold", at=datetime(2026, 3, 9, tzinfo=UTC))
        read_copy(
            house, first, "hot", at=datetime(2026, 4, 2, tzinfo=UTC), kind=EventType.FIXITY_CHECK,
            outcome=Outcome.FAIL,
        )  # fmt: skip
        read_copy(house, first, "hot", at=datetime(2026, 5, 2, tzinfo=UTC), kind=EventType.RECOVERY)
        found = {(item.month, item.store): item.bytes_held for item in actuals(house)}
    one, two = first.size_bytes, second.size_bytes
    months = [date(2026, month, 1) for month in range(1, 6)]
    assert [found[month, "hot"] for month in months] == [one, one, one + two, two, one + two]
    assert [found[month, "cold"] for month in months] == [0, 0, one, one, one]


def test_a_plan_is_compared_with_what_was_made_since_it_began(tmp_path: Path) -> None:
    with a_house(tmp_path, at=datetime(2026, 3, 20, tzinfo=UTC)) as house:
        older = deposit_images(house, [700], collection="herb", at=datetime(2026, 1, 31, tzinfo=UTC))
        newer = deposit_images(house, [1300], collection="herb", at=datetime(2026, 2, 1, tzinfo=UTC))
        read_copy(house, older, "cold", at=datetime(2026, 3, 9, tzinfo=UTC))
        found = actuals(house, made_since=datetime(2026, 2, 1, tzinfo=UTC))
    assert {item.bytes_held for item in found if item.store == "hot"} == {newer.size_bytes}
    assert {item.bytes_held for item in found if item.store == "cold"} == {0}


def test_what_is_yet_to_come_is_not_held(tmp_path: Path) -> None:
    with a_house(tmp_path, at=datetime(2026, 2, 10, tzinfo=UTC)) as house:
        deposit_images(house, [5], collection="herb", at=datetime(2026, 2, 1, tzinfo=UTC))
        deposit_images(house, [7], collection="herb", at=datetime(2026, 2, 20, tzinfo=UTC))
        (hot, cold) = actuals(house)
        (package, _) = house.catalogue.packages()
    assert (hot.month, hot.store, cold.bytes_held) == (date(2026, 2, 1), "hot", 0)
    assert hot.bytes_held in {item.size_bytes for item in (package, _)}
