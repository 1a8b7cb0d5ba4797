"""History is written into the stores first, then into the catalogue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from holdings.catalogue.interface import Entry
from holdings.errors import BadInput, Conflict, Unavailable
from holdings.ledger import Ledger, copy_after, event_from_json, event_to_json, latest_verifications
from holdings.records import CopyStatus, Event, EventType, Outcome
from tests.holdings.catalogue.light import NOON, a_bare_package, an_event
from tests.kit.houses import a_house


def journals(folder: Path, store: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "stores" / store / "events").rglob("*.jsonl"))]


def test_every_store_keeps_the_same_journal(tmp_path: Path) -> None:
    events = [an_event("nhm-1"), an_event("nhm-1", days=1)]
    with a_house(tmp_path) as house:
        house.ledger.record(Entry(events=events))
        assert house.catalogue.events() == events
    hot, cold = (journals(tmp_path, store) for store in ("hot", "cold"))
    assert hot == cold
    assert [event_from_json(line, origin="x") for line in hot[0].decode().splitlines()] == events


def test_an_entry_without_history_writes_no_journal(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        house.ledger.record(Entry(packages=[a_bare_package("nhm-1")]))
        assert len(house.catalogue.packages()) == 1
    assert journals(tmp_path, "hot") == []


def test_one_journal_suffices(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        (tmp_path / "stores" / "cold").rename(tmp_path / "unmounted")
        house.ledger.record(Entry(events=[an_event("nhm-1")]))
        assert len(house.catalogue.events()) == 1
    assert len(journals(tmp_path, "hot")) == 1


def test_one_place_under_two_names_is_told_as_that(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hot = house.store("hot")
        with pytest.raises(Conflict, match="they are one place under two names"):
            Ledger(house.catalogue, {"hot": hot, "cold": hot}).record(Entry(events=[an_event("nhm-1")]))
        assert house.catalogue.events() == []


def test_without_any_journal_nothing_is_recorded(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        (tmp_path / "stores").rename(tmp_path / "unmounted")
        with pytest.raises(Unavailable):
            house.ledger.record(Entry(events=[an_event("nhm-1")]))
        assert house.catalogue.events() == []
        with pytest.raises(BadInput, match="No store keeps journals"):
            Ledger(house.catalogue, {}).record(Entry(events=[an_event("nhm-1")]))


@pytest.mark.parametrize(
    "line",
    ["", "{}", "[]", "null", "nonsense", event_to_json(an_event("x")).replace('"format":1', '"format":2')],
)
def test_no_event(line: str) -> None:
    with pytest.raises(BadInput, match="the batch x holds a line"):
        event_from_json(line, origin="the batch x")


def reading(days: int, outcome: Outcome = Outcome.SUCCESS, **detail: str) -> Event:
    event = replace(an_event("nhm-1", days=days), event_type=EventType.FIXITY_CHECK, outcome=outcome)
    return replace(event, detail=dict(detail))


def test_the_last_reading_counts_whatever_its_outcome() -> None:
    good, bad = reading(1), reading(2, Outcome.FAIL)
    exported = replace(an_event("nhm-1", days=3), event_type=EventType.EXPORTING)
    assert latest_verifications([bad, good, exported]) == {("nhm-1", "hot"): bad}


def test_a_stores_own_word_is_no_reading() -> None:
    read = reading(1)
    told = replace(an_event("nhm-1", days=2), event_type=EventType.ASSERTION)
    assert latest_verifications([read, told]) == {("nhm-1", "hot"): read}


def test_what_a_reading_says_of_the_copy() -> None:
    good = copy_after(reading(1, made_by="plan-1"))
    assert (good.status, good.made_by) == (CopyStatus.VERIFIED, "plan-1")
    assert good.verified_at == NOON + timedelta(days=1, microseconds=1)
    rotten = copy_after(reading(2, Outcome.FAIL, last_verified_at="2026-03-01T12:00:00.000000Z"))
    assert (rotten.status, rotten.verified_at, rotten.made_by) == (CopyStatus.SUSPECT, NOON, "run-1")
    gone = copy_after(reading(2, Outcome.FAIL, found="missing"))
    assert (gone.status, gone.verified_at) == (CopyStatus.MISSING, None)
    with pytest.raises(ValueError, match="no store"):
        copy_after(replace(reading(1), store=None))
