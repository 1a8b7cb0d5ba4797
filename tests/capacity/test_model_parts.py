"""The parts of the full model, each against a case computed by hand or by brute force."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.compound import Cumulants, cumulants, draw_totals, share_drawn, tail_moments
from capacity.durability import copies_annual_loss
from capacity.economics import refresh_cost
from capacity.engine import Block, build_model, simulate
from capacity.flows import left_early
from capacity.laws import Empirical, Floats, Law, Lognormal, Point, Triangular
from capacity.media import in_service, purchases
from capacity.money import DAYS_PER_MONTH, PARTS
from capacity.residency import Steps
from capacity.sampling import correlate, generator_of, uniforms
from capacity.scenario import Correlation
from capacity.scenario_reading import read_scenario
from holdings.errors import BadInput
from tests.capacity.scenarios import DOUBTFUL, PLAIN, STORES, a_scenario


def totals(law: Law, objects: float, n: int, *, seed: int = 3) -> Floats:
    return draw_totals(
        law, np.full(n, objects), lambda name: generator_of(name, seed=seed, block=0),
        share=share_drawn(objects),
    )  # fmt: skip


def brute(law: Law, objects: float, n: int) -> Floats:
    chance = np.random.Generator(np.random.SFC64(11))
    return np.array([law.quantile(chance.random(chance.poisson(objects))).sum() for _ in range(n)])


def ks(one: Floats, other: Floats) -> float:
    both = np.sort(np.concatenate([one, other]))
    steps = [np.searchsorted(np.sort(each), both, side="right") / len(each) for each in (one, other)]
    return float(np.abs(steps[0] - steps[1]).max())


@pytest.mark.parametrize(
    ("law", "objects"),
    [(Lognormal.from_log_moments(1.0, 1.0), 20.0), (Lognormal.from_log_moments(1.0, 2.0), 700.0),
     (Triangular(2, 3, 11), 5.0), (Empirical.of([2, 3, 5, 7, 1100]), 300.0)],
)  # fmt: skip
def test_compound_sums_are_those_of_brute_force(law: Law, objects: float) -> None:
    n = 4000
    # 1.63 sqrt(2/n) is the 99 % noise of two samples; a discrete law only makes the distance smaller.
    assert ks(totals(law, objects, n), brute(law, objects, n)) < 1.63 * np.sqrt(2 / n)


def test_tails_and_the_rest_make_the_whole() -> None:
    for law in (Lognormal.from_log_moments(0.3, 1.1), Triangular(2, 3, 11), Empirical.of(range(1, 8))):
        assert tail_moments(law, 1.0) == tuple(law.moment(order) for order in (1, 2, 3))
        assert tail_moments(law, 1 - 1e-9) == pytest.approx(tail_moments(law, 1.0), rel=1e-6)
    assert tail_moments(Empirical.of([2.0, 3.0, 5.0, 7.0]), 0.25) == pytest.approx((7 / 4, 49 / 4, 343 / 4))


def test_cumulants_are_those_of_poisson() -> None:
    found: Cumulants = cumulants(Point(7.0), np.array([13.0]))
    assert (found.k1[0], found.k2[0], found.k3[0]) == (7 * 13, 49 * 13, 343 * 13)


def test_purchases_are_the_refresh_of_published_tables_where_nothing_shrinks() -> None:
    stock = np.array([40.472, 90.0, 200.0, 260.0, 400.0, 924.955, 925.0])
    bought = purchases(stock[:, None], life=3)[:, 0]
    assert 15.65 * bought == pytest.approx(
        refresh_cost(stock_tb=stock.tolist(), price_per_tb=15.65, life_years=3)
    )


def test_lead_time_headroom_and_what_is_there_already() -> None:
    held = np.array([[2.0], [5.0], [7.0]])
    assert purchases(held, life=9, lead=1)[:, 0].tolist() == [5, 2, 0]
    assert purchases(held, life=9, headroom=0.5)[:, 0].tolist() == [3, 4.5, 3]
    # 6 there, 2 of them worn out in each period.
    assert purchases(held, life=3, installed=6.0)[:, 0].tolist() == [0, 3, 4]


def test_loss_of_all_copies_by_hand() -> None:
    """Two copies in one domain, audited yearly: a shock, or both by themselves."""
    found = copies_annual_loss(
        copy_loss=[0.03, 0.05], domains=["a", "a"], site_shock=0.07, audit_every_months=12
    )
    assert float(found) == pytest.approx(0.07 + 0.93 * 0.03 * 0.05)
    apart = copies_annual_loss(
        copy_loss=[0.03, 0.05], domains=["a", "b"], site_shock=0.07, audit_every_months=12
    )
    one, other = 0.07 + 0.93 * 0.03, 0.07 + 0.93 * 0.05
    assert float(apart) == pytest.approx(one * other)


@given(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 0.2), st.sampled_from([1.0, 6.0, 24.0]))
def test_another_copy_never_loses_more(one: float, other: float, shock: float, months: float) -> None:
    single = copies_annual_loss(copy_loss=[one], domains=["a"], site_shock=shock, audit_every_months=months)
    both = copies_annual_loss(
        copy_loss=[one, other], domains=["a", "b"], site_shock=shock, audit_every_months=months
    )
    assert float(both) <= float(single) + 1e-15


def test_a_loss_without_copies_is_refused() -> None:
    with pytest.raises(BadInput):
        copies_annual_loss(copy_loss=[], domains=[], site_shock=0.1, audit_every_months=12)


def test_correlated_inputs_move_together_and_stay_uniform() -> None:
    points = uniforms(["a", "b", "c"], seed=1, block=0)
    joined = correlate(points, [Correlation(first="a", second="b", rho=0.8)])
    ranks = [np.argsort(np.argsort(joined[name])) for name in ("a", "b")]
    # Spearman's rho of a Gaussian copula is 6/pi asin(rho/2).
    assert float(np.asarray(np.corrcoef(ranks))[0, 1]) == pytest.approx(6 / np.pi * np.arcsin(0.4), abs=0.03)
    assert joined["b"].mean() == pytest.approx(0.5, abs=0.01)
    assert joined["c"] is points["c"]


WORK = """
[lines.conveyor]
object_type = "sheet"
objects_per_day = 7
working_days_per_year = 220
uptime = 0.5

[lines.station]
object_type = "sheet"
objects_per_day = 3

[institutions.b]
count = 5
lines = { conveyor = 2, station = 1 }

[institutions.a]
start = "2027-04"
lines = { conveyor = 11 }
"""


def test_lines_at_institutions_by_hand(tmp_path: Path) -> None:
    text = PLAIN.replace("objects_per_month = 11\n", "") + WORK
    block = simulate(build_model(a_scenario(tmp_path, text)), seed=0, block=0, draws=1)
    of_b = 5 * (2 * 7 * 220 * 0.5 + 3 * 220) / 12
    of_a = 11 * 7 * 220 * 0.5 / 12
    assert block.objects_deposited[:, 0] == pytest.approx([of_b] * 3 + [of_b + of_a] * 4)


def test_listing_institutions_otherwise_changes_nothing(tmp_path: Path) -> None:
    spread = WORK.replace("count = 5", "count = 5\nyear_spread = 0.4").replace(
        "objects_per_day = 3", 'objects_per_day = "2 to 5"'
    )
    head, first, second = spread.partition("[institutions.b]")[0], *_institutions(spread)
    runs = []
    for order in (first + second, second + first):
        text = PLAIN.replace("objects_per_month = 11\n", "") + head + order
        runs.append(simulate(build_model(a_scenario(tmp_path, text)), seed=2, block=0, draws=99))
    assert (runs[0].bytes_held == runs[1].bytes_held).all()
    assert (runs[0].cost == runs[1].cost).all()


def _institutions(text: str) -> tuple[str, str]:
    at, to = text.index("[institutions.b]"), text.index("[institutions.a]")
    return text[at:to], text[to:] + "\n"


def test_a_ramp_rises_from_its_share_to_all(tmp_path: Path) -> None:
    ramp = "ramp = { start_share = 0.2, midpoint_years = 3, width_years = 0.5 }"
    text = PLAIN.replace("objects_per_month = 11\n", "").replace("months = 7", "years = 12") + WORK.replace(
        "count = 5", f"count = 5\n{ramp}"
    ).replace("[institutions.a]", "[institutions.never]").replace("11", "0")
    made = simulate(build_model(a_scenario(tmp_path, text)), seed=0, block=0, draws=1).objects_deposited[:, 0]
    full = 5 * (2 * 7 * 220 * 0.5 + 3 * 220) / 12
    assert made[[0, -1]] == pytest.approx([0.2 * full, full], rel=1e-4)
    assert (np.diff(made) >= 0).all()


def test_no_more_is_digitised_than_there_is(tmp_path: Path) -> None:
    text = PLAIN.replace("objects_per_month = 11", "objects_per_month = 11\nobjects_at_most = 29")
    made = simulate(build_model(a_scenario(tmp_path, text)), seed=0, block=0, draws=1).objects_deposited[:, 0]
    assert made.tolist() == [11, 11, 7, 0, 0, 0, 0]


FULL = (
    PLAIN
    + """
[access]
reads_per_year = 0.6

[audit]

[energy]
price_per_kwh = 0.29
pue = 1.3
grid_g_per_kwh = 211

[staff]
fte = 2
cost_per_year = 61
"""
)
BOUGHT = STORES.replace(
    'price_sheet = "hot.toml"\n',
    'price_sheet = "hot.toml"\naudit_every_months = 5\n'
    "[stores.hot.media]\nprice_per_tb = 17\nlife_years = 3\n",
).replace('price_sheet = "cold.toml"\n', 'price_sheet = "cold.toml"\naudit_every_months = 0\n')


def full_block(folder: Path) -> Block:
    return simulate(build_model(a_scenario(folder, FULL, stores=BOUGHT)), seed=0, block=0, draws=1)


def test_the_parts_of_money_add_up_to_the_whole(tmp_path: Path) -> None:
    block = full_block(tmp_path)
    assert block.cost_parts.sum() == pytest.approx(block.cost.sum(), rel=1e-12)
    parts = dict(zip(PARTS, block.cost_parts[0, :, 0], strict=True))
    assert parts["media"] == pytest.approx(17 * block.bytes_held[-1, 0, 0] / 1e12)
    assert parts["staff"] == pytest.approx(2 * 61 * 7 / 12)
    assert parts["energy"] == 0, "the sheet tells no watts"


def test_audits_and_reads_by_hand(tmp_path: Path) -> None:
    block = full_block(tmp_path)
    held = block.bytes_held[:, 0, 0].sum()
    assert block.by_store["bytes_audited"][0, :, 0].tolist() == pytest.approx([held / 5, 0])
    assert block.by_store["bytes_served"][0, :, 0].tolist() == pytest.approx([held * 0.6 / 12, 0])
    cold = block.bytes_held[:, 1, 0]
    written = np.diff(cold, prepend=0).sum()
    assert block.by_store["bytes_written"][0, 1, 0] == pytest.approx(written)
    # Written, and read back once: 5 of 7 months.
    gbit = 2 * written / 7 * 8 / (DAYS_PER_MONTH * 86_400) / 1e9
    assert block.by_store["network_mean"][0, 1, 0] == pytest.approx(gbit)


def test_requests_audits_and_objects_by_hand(tmp_path: Path) -> None:
    """11 objects, 5 bags of 4 objects a month; in cold from the third month; hot audited once in 5 months."""
    block = full_block(tmp_path)
    months = np.arange(1, 8)
    assert block.by_month["objects_held"][:, 0, 0].tolist() == (11 * months).tolist()
    assert block.by_month["packages_held"][:, 1, 0].tolist() == [0, 0, 5, 10, 15, 20, 25]
    served = block.by_store["bytes_served"][0, 0, 0] / 13e6
    put, copied, audited = 7 * 5 * 4, 25 * 4, (5 * months).sum() / 5 * 4
    assert block.by_store["requests"][0, 0, 0] == pytest.approx(put + copied + audited + 2 * put + served)
    assert block.by_store["requests"][0, 1, 0] == (1 + 2) * 5 * 5 * 4
    hours = block.by_store["bytes_audited"][0, 0, 0] / 3600
    assert block.by_store["audit_drive_hours"][0, 0, 0] == pytest.approx(hours / 250e6)
    assert block.by_store["audit_core_hours"][0, 0, 0] == pytest.approx(hours / 1.9e9)
    assert block.by_type["objects_by_type"][0, 0, 0] == 77
    assert block.store_parts.sum(axis=1) == pytest.approx(block.cost_parts, rel=1e-12)


def test_losses_by_store_and_month_by_hand(tmp_path: Path) -> None:
    """One copy here, damaged with 19 % a year, until the third month brings a second one there."""
    text = PLAIN + "\n[durability]\ncopy_loss_per_year = 0.19\n"
    stores = STORES.replace(
        "[stores.cold]", "audit_every_months = 12\n[stores.cold]\naudit_every_months = 12"
    )
    block = simulate(build_model(a_scenario(tmp_path, text, stores=stores)), seed=0, block=0, draws=1)
    one, two = 1 - 0.81 ** (1 / 12), 1 - (1 - 0.19**2) ** (1 / 12)
    lost = block.by_month["objects_lost"][:, :, 0]
    assert lost[1].tolist() == pytest.approx([22 * one, 0])
    # At the end of the fourth month two cohorts lie in both, two in hot alone.
    assert lost[3].tolist() == pytest.approx([22 * one + 22 * two / 2, 22 * two / 2])
    assert block.by_year["objects_lost"][0, 0] == pytest.approx(lost.sum())
    month = 11 * 3 * 13e6
    assert block.by_month["bytes_damaged"][3, :, 0].tolist() == pytest.approx(
        [4 * month * one, 2 * month * one]
    )
    # With the site of hot, the last two cohorts would go; with that of cold, nothing.
    assert block.by_domain["objects_only_there"][0, :, 0].tolist() == [22, 0]
    assert block.by_domain["bytes_only_there"][0, :, 0].tolist() == [2 * month, 0]


def test_media_in_service_are_what_was_ordered_and_is_not_worn_out() -> None:
    bought = np.array([[2.0], [3.0], [5.0], [7.0]])
    assert in_service(bought, life=2)[:, 0].tolist() == [2, 5, 8, 12]
    assert in_service(np.zeros((4, 1)), life=3, installed=6.0)[:, 0].tolist() == [4, 2, 0, 0]


def test_a_cheaper_store_never_costs_more(tmp_path: Path) -> None:
    dear = simulate(build_model(a_scenario(tmp_path, DOUBTFUL)), seed=1, block=0, draws=64).cost.sum(
        axis=(0, 1)
    )
    for folder, price in (("one", "0.0007"), ("other", "0.0010")):
        scenario_folder = tmp_path / folder
        scenario_folder.mkdir()
        scenario = a_scenario(scenario_folder, DOUBTFUL)
        sheet = scenario_folder / "cold.toml"
        sheet.write_text(sheet.read_text().replace("0.0011", price))
        cheaper = simulate(build_model(read_scenario(scenario.path, house=None)), seed=1, block=0, draws=64)
        assert (cheaper.cost.sum(axis=(0, 1)) <= dear).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=30), st.integers(1, 9), st.integers(0, 3))
def test_purchases_always_suffice(stock: list[float], life: int, lead: int) -> None:
    held = np.array(stock)[:, None]
    bought = purchases(held, life=life, lead=lead)[:, 0]
    assert (bought >= 0).all()
    for end in range(len(stock)):
        there = bought[max(0, end - life + 1) : end + 1].sum()
        assert there >= stock[end] - 1e-6 or lead > 0


def test_bytes_that_leave_early_are_paid_for() -> None:
    steps = Steps(now=(0, 2), made=(0, 0), change=(1, -1))
    assert left_early(steps, np.array([[7.0], [0.0], [0.0]]), 6.0)[:, 0].tolist() == [0, 0, 28]
