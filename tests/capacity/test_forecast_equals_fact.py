"""The mover, on stores in memory and a simulated clock, month by month beside the forecast: to the byte.

Five years of monthly deposits under policies that copy, that give copies up once others have
settled, and that move for the price alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from capacity.cohorts import deposit_moments, month_ends
from capacity.engine import build_model, simulate
from capacity.scenario import Scenario
from capacity.scenario_reading import read_scenario
from holdings.catalogue.interface import Entry
from holdings.clock import FixedClock
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import CopyStatus, Event, EventType, Outcome, Package, new_event_id
from tests.capacity.scenarios import PLAIN
from tests.tiering.holding import FOUR_STORES, a_memory_house, a_package, emptied, write
from tiering.applying import apply_plan
from tiering.planning import make_plan

BYTES = 3_001
MONTHS = 60
SCENARIO = (
    PLAIN.replace("months = 7", f"months = {MONTHS}\ndeposit_day = 13")
    .replace("objects_per_month = 11", "objects_per_month = 2")
    .replace("images_per_object = 3", "images_per_object = 1")
    .replace('"13 MB"', f'"{BYTES} B"')
    .replace('"97 MB"', f'"{BYTES} B"')
)
RULE = (
    '[[rules]]\nname = "{name}"\nwhere = "{where}"\ncopies = {copies}\ndomains = {domains}\nbecause = "so"\n'
)
REMOVING = '[guards.removal]\npackages = 1000\nsize = "1 GB"\nshare = 1.0\n'


def a_rule(name: str, where: str, copies: str, *, domains: int = 1) -> str:
    return RULE.format(name=name, where=where, copies=copies, domains=domains)


POLICIES = {
    "old bags are copied to cold, and nothing goes": a_rule(
        "rested", "age_days >= 90", "{ hot = 1, cold = 1 }", domains=2
    )
    + a_rule("new", "true", "{ hot = 1 }"),
    "what rests in cold leaves hot, later than a run": "[guards]\nsettle_days = 40\n"
    + REMOVING
    + a_rule("gone", "age_days >= 1100 or age_days between 280 and 310", "{ cold = 2 }", domains=2)
    + a_rule("rested", "age_days >= 365", "{ hot = 1, cold = 1 }", domains=2)
    + a_rule("new", "true", "{ hot = 2 }", domains=2),
    "back and forth, as nobody reads it": REMOVING
    + a_rule("idle", "idle_days >= 700 and age_days < 900", "{ cold = 1 }")
    + a_rule("awaited", "age_days > 500", "{ hot = 1, cold = 1 }", domains=2)
    + a_rule("large", f"bytes < {BYTES}", "{ hot = 2, cold = 2 }")
    + a_rule("new", "kind = 'bag'", "{ hot = 1 }")
    + a_rule("all", "true", "{ cold = 1 }"),
}


def deposited(house: House, number: int, at: datetime) -> Package:
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
    """Bytes in every store at the end of each month, when tiering has really run."""
    found = []
    made = deposit_moments(scenario.start, scenario.months, day=scenario.deposit_day)
    for month, (born, over) in enumerate(zip(made, month_ends(scenario.start, scenario.months), strict=True)):
        for number in (2 * month + 1, 2 * month + 2):
            deposited(at(house, born), number, born)
        now = at(house, over)
        plan = make_plan(now, scenario.policy, at=over)
        done = apply_plan(now, plan, scenario.policy)
        assert (done.complete, done.kept) == (True, ())
        found.append([held_in(now, name) for name in house.stores])
    return found


def at(house: House, moment: datetime) -> House:
    """The house at that time, and its stores with it."""
    for store in house.stores.values():
        store._clock = FixedClock(moment)  # type: ignore[attr-defined]  # of a store in memory
    return house.at(FixedClock(moment))


def held_in(house: House, name: str) -> int:
    """Bytes of packages really in the store, and counted as held."""
    sizes = {package.prefix: package.size_bytes for package in house.catalogue.packages()}
    there = {f"packages/{info.key.split('/')[1]}/" for info in house.store(name).list("packages/")}
    rows = house.catalogue.copy_table().to_pylist()
    copies = [row for row in rows if row["store"] == name and row["status"] == str(CopyStatus.VERIFIED)]
    assert len(copies) == len(there)
    return sum(sizes[prefix] for prefix in there)


PUTS = '\n[put_per_1000]\nvalue = "{}"\nsource = "an offer"\ndate = 2026-02-01\nconfidence = "assumed"\n'


def both(
    folder: Path, policy: str, *, months: int = MONTHS, put_per_1000: str | None = None
) -> list[list[int]]:
    """Bytes by month and store, as forecast and as they really were."""
    (folder / "policy.toml").write_text(policy)
    (folder / "scenario.toml").write_text(SCENARIO.replace(f"months = {MONTHS}", f"months = {months}"))
    if put_per_1000:
        a_memory_house(folder / "house", stores=FOUR_STORES).close()
        with (folder / "house" / "prices" / "local-cold.toml").open("a") as sheet:
            sheet.write(PUTS.format(put_per_1000))
    with a_memory_house(folder / "house", stores=FOUR_STORES) as opened:
        house = emptied(opened)
        scenario = read_scenario(folder / "scenario.toml", house=house)
        held = simulate(build_model(scenario), seed=0, block=0, draws=1).bytes_held[:, :, 0]
        really = moved(house, scenario)
    assert held.tolist() == really
    return really


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_bytes_of_every_store_and_month(tmp_path: Path, policy: str) -> None:
    really = both(tmp_path, policy)
    assert len(really) == MONTHS
    made = [2 * BYTES * month for month in range(1, MONTHS + 1)]
    goes = REMOVING in policy
    assert ([month[0] for month in really] == made) is not goes
    assert really[-1][2] > 0


def test_a_move_that_costs_more_than_it_saves_is_forecast_to_be_left(tmp_path: Path) -> None:
    """Two copies in hot are as good as two in cold: they move for the price, or not at all."""
    policy = POLICIES["what rests in cold leaves hot, later than a run"]
    # 3 kB for 36 months save half a millionth of a euro, and each copy is three or four puts.
    found = [both(made(tmp_path / put), policy, months=14, put_per_1000=put) for put in ("1e-5", "1")]
    assert [months[10][3] for months in found] == [2 * BYTES, 0]


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder
