from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from holdings.records import Event, EventType, Outcome
from holdings.settings.prices import Figure, FigureName, PriceSheet
from tests.tiering.builders import NOON
from tiering.plan import Cost, Move
from tiering.pricing import costs_of, hours_of, measured_rates, requests_of


def a_move(*, size_bytes: int = 3_000_000_000, target: str = "cold", objects: int = 2) -> Move:
    return Move(
        package_id="a",
        source_store="hot",
        target_store=target,
        size_bytes=size_bytes,
        objects=objects,
        rule="all",
        because="so it was decided",
        reason="cold has 0 of 1 copies",
        seen=(),
    )


def a_sheet(currency: str = "EUR", **figures: str) -> PriceSheet:
    def figure(value: str) -> Figure:
        return Figure(value=Decimal(value), source="an invoice", date=date(2026, 1, 1), confidence="measured")

    named: dict[FigureName, Figure] = {name: figure(value) for name, value in figures.items()}  # type: ignore[misc]  # the names are checked by the sums below
    return PriceSheet(name="sheet", title="A sheet", currency=currency, figures=named)


def test_requests_are_those_that_apply_makes() -> None:
    requests = requests_of([a_move(objects=2), a_move(objects=4)])
    assert (requests.puts, requests.gets) == (3 + 5, (2 + 2 + 3) + (4 + 4 + 5))


def test_the_money_of_one_move_by_hand() -> None:
    # Primes, so that each term shows. 3 GB in 2 objects and a manifest.
    hot = a_sheet(get_per_1000="7", retrieval_per_gb="11", egress_per_gb="13", put_per_1000="1000000")
    cold = a_sheet(
        put_per_1000="17",
        get_per_1000="19",
        retrieval_per_gb="23",
        egress_per_gb="29",
        storage_per_gb_month="31",
        overhead_bytes_per_object="1000000000",
    )
    assert costs_of([a_move()], {"hot": hot, "cold": cold}) == (
        Cost(
            currency="EUR",
            requests=round((2 * 7 + (2 + 3) * 19 + 3 * 17) / 1000, 6),
            retrieval=float(3 * 11 + 3 * 23),
            egress=float(3 * 13 + 3 * 29),
            storage_per_month=float((3 + 3) * 31),
        ),
    )


def test_small_objects_cost_at_least_the_minimum() -> None:
    cold = a_sheet(storage_per_gb_month="1", minimum_billable_bytes="1000000000")
    (cost,) = costs_of([a_move(size_bytes=5)], {"hot": a_sheet(), "cold": cold})
    assert cost.storage_per_month == 3


def test_two_currencies_are_never_added() -> None:
    sheets = {"hot": a_sheet("EUR", egress_per_gb="1"), "cold": a_sheet("USD", storage_per_gb_month="2")}
    euro, dollar = costs_of([a_move()], sheets)
    assert (euro.currency, euro.egress, euro.storage_per_month) == ("EUR", 3, 0)
    assert (dollar.currency, dollar.egress, dollar.storage_per_month) == ("USD", 0, 6)


def test_no_moves_cost_nothing() -> None:
    assert costs_of([], {}) == ()
    assert hours_of([], {}) == 0


def a_transfer(
    at: datetime,
    *,
    seconds: object = 10.0,
    size_bytes: object = 1000,
    kind: EventType = EventType.REPLICATION,
    outcome: Outcome = Outcome.SUCCESS,
) -> Event:
    return Event(
        event_id=str(at),
        at=at,
        event_type=kind,
        package_id="a",
        store="cold",
        agent="test",
        outcome=outcome,
        run="r",
        detail={"seconds": seconds, "size_bytes": size_bytes},  # type: ignore[dict-item]  # also what others wrote
    )


def test_a_rate_is_bytes_over_the_seconds_in_which_anything_moved() -> None:
    one_after_the_other = [a_transfer(NOON), a_transfer(NOON + timedelta(seconds=60))]
    side_by_side = [a_transfer(NOON), a_transfer(NOON + timedelta(seconds=5))]
    assert measured_rates(one_after_the_other) == {"cold": pytest.approx(2000 / 20)}
    assert measured_rates(side_by_side) == {"cold": pytest.approx(2000 / 15)}


@pytest.mark.parametrize(
    "event",
    [
        a_transfer(NOON, kind=EventType.FIXITY_CHECK),
        a_transfer(NOON, outcome=Outcome.FAIL),
        a_transfer(NOON, seconds=0),
        a_transfer(NOON, seconds=None),
        a_transfer(NOON, seconds="10"),
        a_transfer(NOON, size_bytes=None),
        a_transfer(NOON, size_bytes=0),
    ],
)
def test_what_measured_nothing_gives_no_rate(event: Event) -> None:
    assert measured_rates([event]) == {}


def test_hours_are_not_made_up() -> None:
    moves = [a_move(size_bytes=3600), a_move(size_bytes=7200, target="far")]
    assert hours_of(moves, {"cold": 1.0}) is None
    assert hours_of(moves, {"cold": 1.0, "far": 2.0}) == 2.0
