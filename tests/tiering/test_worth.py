"""A move that costs more than it saves is not proposed; a run copies and spends no more than it may."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from holdings.settings.prices import Figure, FigureName, PriceSheet
from tiering.plan import Move
from tiering.policy import Guards, RemovalCeilings, RunCeilings
from tiering.removals import Refusals
from tiering.worth import within_run, worth_their_price

ALLOWED = RemovalCeilings(packages=1, size_bytes=1, share=1.0)


def a_sheet(name: str, **amounts: float) -> PriceSheet:
    figures: dict[FigureName, Figure] = {
        key: Figure(value=Decimal(str(value)), source="test", date=date(2026, 1, 1), confidence="assumed")  # type: ignore[misc]
        for key, value in amounts.items()
    }
    return PriceSheet(name=name, title=name, currency="EUR", figures=figures)


HOT = a_sheet("hot", storage_per_gb_month=0.023, get_per_1000=0.0)
COLD = a_sheet("cold", storage_per_gb_month=0.001, put_per_1000=0.05)
SHEETS = {"hot": HOT, "cold": COLD}


def a_move(number: int, *, size_bytes: int, objects: int = 1, way: tuple[str, str] = ("hot", "cold")) -> Move:
    return Move(
        package_id=f"p-{number}",
        source_store=way[0],
        target_store=way[1],
        size_bytes=size_bytes,
        objects=objects,
        rule="r",
        because="b",
        reason="x",
        seen=(),
    )


def test_small_objects_are_not_worth_a_cold_class() -> None:
    """2 objects cost 0.0001 to write; 1 kB saves 22e-9 a month, 0.79e-6 in 36 months; 1 GB saves 0.79."""
    small, large = a_move(1, size_bytes=1000), a_move(2, size_bytes=10**9)
    guards = Guards(removal=ALLOWED, horizon_months=36)
    kept, refused = worth_their_price([small, large], {"p-1", "p-2"}, SHEETS, guards)
    assert kept == (large,)
    (told,) = refused
    assert (told.packages, told.size_bytes, told.currency) == (1, 1000, "EUR")
    assert told.costs == pytest.approx(0.0001)
    assert told.saves == pytest.approx(36 * 0.022e-6, abs=1e-6)


def test_what_protects_has_no_price() -> None:
    small = a_move(1, size_bytes=1000)
    guards = Guards(removal=ALLOWED)
    assert worth_their_price([small], set(), SHEETS, guards) == ((small,), ())
    up = a_move(1, size_bytes=1000, way=("cold", "hot"))
    assert worth_their_price([up], {"p-1"}, SHEETS, guards) == ((up,), ())
    assert worth_their_price([small], {"p-1"}, SHEETS, Guards()) == ((small,), ())


def test_a_run_copies_what_protects_first_and_no_more_than_it_may() -> None:
    moves = [a_move(number, size_bytes=100) for number in range(5)]
    refusals = Refusals()
    guards = Guards(run=RunCeilings(size_bytes=250))
    kept = within_run(moves, {"p-0", "p-1", "p-2"}, SHEETS, guards, refusals)
    assert [move.package_id for move in kept] == ["p-3", "p-4"]
    assert [(each.guard, each.packages) for each in refusals.told()] == [("guards.run.size", 3)]


def test_a_run_spends_no_more_than_it_may() -> None:
    moves = [a_move(number, size_bytes=100, objects=9_999) for number in range(3)]  # 0.50 each
    refusals = Refusals()
    kept = within_run(moves, set(), SHEETS, Guards(run=RunCeilings(spend=1.0)), refusals)
    assert [move.package_id for move in kept] == ["p-0", "p-1"]
    assert [(each.guard, each.packages) for each in refusals.told()] == [("guards.run.spend", 1)]
