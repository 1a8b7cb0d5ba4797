"""The mover, on stores in memory and a simulated clock, month by month beside the forecast: to the byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from capacity.cohorts import deposit_moments, month_ends
from capacity.engine import build_model, simulate
from capacity.scenario import Scenario
from holdings.catalogue.interface import Entry
from holdings.clock import FixedClock
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import Event, EventType, Outcome, Package, new_event_id
from tests.capacity.scenarios import PLAIN, a_scenario
from tests.tiering.holding import TWO_STORES, a_memory_house, a_package, write
from tiering.applying import apply_plan
from tiering.planning import make_plan

BYTES = 3_001


def deposit(house: House, number: int, at: datetime) -> Package:
    made, data = a_package(number, objects=1, size=BYTES)
    package = replace(made, created_at=at)
    write(house.store("hot"), package, data)
    event = Event(
        event_id=new_event_id(at), at=at, event_type=EventType.INGESTION, package_id=package.package_id,
        store="hot", agent="test", outcome=Outcome.SUCCESS, run=f"deposit-{number}",
    )  # fmt: skip
    house.ledger.record(Entry(packages=[package], copies=[copy_after(event)], events=[event]))
    return package


def moved(house: House, scenario: Scenario) -> list[list[int]]:
    """Bytes in hot and cold at the end of each month, when tiering has really run."""
    sizes: dict[str, int] = {}
    found = []
    made = deposit_moments(scenario.start, scenario.months, day=scenario.deposit_day)
    for month, (born, over) in enumerate(zip(made, month_ends(scenario.start, scenario.months), strict=True)):
        for number in (2 * month + 1, 2 * month + 2):
            then = replace(house, clock=FixedClock(born))
            package = deposit(then, number, born)
            sizes[package.package_id] = package.size_bytes
        now = replace(house, clock=FixedClock(over))
        plan = make_plan(now, scenario.policy, at=over)
        assert apply_plan(now, plan, scenario.policy).complete
        copies = now.catalogue.copy_table().to_pylist()
        found.append(
            [
                sum(sizes[row["package_id"]] for row in copies if row["store"] == name)
                for name in ("hot", "cold")
            ]
        )
    return found


@pytest.mark.parametrize("days", [46, 90])
def test_bytes_of_every_store_and_month(tmp_path: Path, days: int) -> None:
    text = PLAIN.replace("11", "2").replace("images_per_object = 3", "images_per_object = 1")
    text = text.replace('"13 MB"', f'"{BYTES} B"').replace('"97 MB"', f'"{BYTES} B"')
    scenario = a_scenario(tmp_path, text, days=days)
    held = simulate(build_model(scenario), seed=0, block=0, draws=1).bytes_held[:, :, 0]
    with a_memory_house(tmp_path / "house", stores=TWO_STORES) as house:
        really = moved(house, scenario)
    assert held.tolist() == really
    assert really[-1][1] > 0
