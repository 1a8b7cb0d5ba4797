"""The kernel against cases computed by hand (primes, so that each term shows) and against brute force."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from capacity.cohorts import cohort_bytes, deposit_moments, month_ends, objects_made
from capacity.engine import build_model, simulate
from capacity.flows import accumulate, arrivals
from capacity.laws import Lognormal
from capacity.residency import Steps, copies_held
from capacity.sizes import Moments, object_moments
from holdings.errors import BadInput
from tests.capacity.scenarios import DOUBTFUL, PLAIN, STORES, a_scenario


def test_bytes_are_those_computed_by_hand(tmp_path: Path) -> None:
    """11 objects of 3 images of 13 MB a month; a copy in cold after 60 days, so in the third month."""
    block = simulate(build_model(a_scenario(tmp_path)), seed=0, block=0, draws=2)
    month = 11 * 3 * 13_000_000
    hot = [month * n for n in (1, 2, 3, 4, 5, 6, 7)]
    # Made on the 15th of January: 75 days old at the end of March, 44 at the end of February.
    cold = [month * n for n in (0, 0, 1, 2, 3, 4, 5)]
    assert block.bytes_held[:, 0, 0].tolist() == hot
    assert block.bytes_held[:, 1, 0].tolist() == cold
    assert block.bytes_deposited[:, 1].tolist() == [month] * 7
    assert block.images_deposited[:, 1].tolist() == [33] * 7


def test_money_is_that_computed_by_hand(tmp_path: Path) -> None:
    """5 bags a month (429 MB in bags of 97 MB), 4 objects in each."""
    text = PLAIN.replace("price_year = 2027", "price_year = 2026\nprice_drift_per_year = 0.19")
    cost = simulate(build_model(a_scenario(tmp_path, text)), seed=0, block=0, draws=1).cost[:, :, 0]
    for n, month in enumerate(range(1, 8)):
        level = 1.19 ** (1 + n / 12)
        hot = 0.023 * (0.429 * month + 17 * 4 * 5 * month / 1e9) + 0.005 * 20 / 1000
        copies = max(0, month - 2)
        cold = 0.0011 * (0.429 * copies + 128_000 * 3 * 5 * copies / 1e9) + (0.05 * 20 / 1000) * (copies > 0)
        assert cost[n] == pytest.approx([level * hot, level * cold], rel=1e-12)


def test_requests_are_those_computed_by_hand(tmp_path: Path) -> None:
    """4 objects of 5 bags a month; each new one is looked for, put and read back: 3 requests."""
    scenario = a_scenario(tmp_path)
    hot, cold = simulate(build_model(scenario), seed=0, block=0, draws=1).by_store["requests"][0, :, 0]
    audited = [
        0.0 if not store.audit_every_months else 1 / store.audit_every_months for store in scenario.stores
    ]
    months, copied = 7, 5
    assert hot == 20 * 3 * months + 20 * copied + 20 * audited[0] * sum(range(1, 8))
    assert cold == 20 * 3 * copied + 20 * audited[1] * sum(range(1, 6))


def test_growth_is_by_the_month() -> None:
    made = objects_made(np.array([7.0]), np.array([0.44]), range(25))[:, 0]
    assert made[[0, 6, 12, 24]] == pytest.approx([7, 7 * 1.2, 7 * 1.44, 7 * 1.44**2])


def test_the_policy_sees_true_dates(tmp_path: Path) -> None:
    """From the 15th of January to the end of February it is 45 days, and 46 in a leap year."""
    plain = copies_held(a_scenario(tmp_path, days=46))
    leap = copies_held(a_scenario(tmp_path, PLAIN.replace("2027-01", "2028-01"), days=46))
    assert plain[0, 1, 0, :3].tolist() == [0, 0, 1]
    assert leap[0, 1, 0, :3].tolist() == [0, 1, 1]


def test_months_end_and_bags_are_made_when_the_calendar_says() -> None:
    start = date(2027, 11, 1)
    assert month_ends(start, 2) == [datetime(2027, 12, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)]
    assert deposit_moments(start, 3, day=28)[2] == datetime(2028, 1, 28, tzinfo=UTC)


def test_copies_that_are_made_stay_where_the_guards_let_none_go(tmp_path: Path) -> None:
    scenario = a_scenario(tmp_path)
    copies = copies_held(scenario)
    assert set(np.unique(copies).tolist()) == {0, 1}
    made, now = np.triu_indices(scenario.months)
    assert (np.diff(copies, axis=-1) >= 0).all()
    assert (copies[0, 0][made, now] == 1).all()
    assert not np.tril(copies[0].sum(axis=0), -1).any()


def test_new_bags_lie_where_the_scenario_deposits_them(tmp_path: Path) -> None:
    text = PLAIN.replace('policy = "policy.toml"', 'policy = "policy.toml"\ndeposit_store = "cold"')
    copies = copies_held(a_scenario(tmp_path, text))
    # The policy wants a hot copy at once; the one in cold was there before.
    assert (copies[0, :, 0, 0] == 1).all()


def test_domains_that_the_stores_cannot_give_are_refused(tmp_path: Path) -> None:
    stores = STORES.replace('"there"', '"here"')
    with pytest.raises(BadInput, match="cannot give what the rule 'old bags also rest in cold' wants"):
        build_model(a_scenario(tmp_path, stores=stores))


def test_steps_give_back_what_they_were_made_of() -> None:
    copies = np.triu(np.array([[1, 1, 2, 0], [1, 3, 3, 3], [1, 1, 1, 2], [1, 1, 1, 5]], dtype=np.int8))
    steps = Steps.of(copies)
    assert list(steps.now) == sorted(steps.now)
    again = np.zeros_like(copies)
    for now, made, change in zip(steps.now, steps.made, steps.change, strict=True):
        again[made, now:] += change
    assert (again == copies).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(0, 2**32))
def test_copies_ages_and_stores_conserve_bytes(months: int, seed: int) -> None:
    """Whatever comes and goes: what all stores hold is what was made, times its copies at its age."""
    rng = np.random.default_rng(seed)
    copies = np.triu(rng.integers(0, 3, size=(4, months, months), dtype=np.int8))
    made = rng.integers(0, 10**12, size=(months, 1)).astype(float)
    held = sum(accumulate(Steps.of(store), made) for store in copies)
    there = np.einsum("smt,m->t", copies.astype(float), made[:, 0])
    assert np.asarray(held)[:, 0] == pytest.approx(there, rel=1e-12, abs=1e-3)
    came = sum(arrivals(Steps.of(store), made) for store in copies)
    assert (np.cumsum(came, axis=0) >= np.asarray(held) - 1e-3).all()


def test_object_moments_take_the_whole_images_on_either_side() -> None:
    image = Moments(mean=5.0, square=29.0)  # variance 4
    mean, square = object_moments(image, np.array([3.0, 1.25]))
    assert mean.tolist() == [15.0, 6.25]
    # 1.25 images: one in 3 of 4 objects, two in the fourth: E[M^2] = (3*1 + 4)/4 = 1.75.
    assert square.tolist() == [3 * 4 + 9 * 25, 1.25 * 4 + 1.75 * 25]


def test_cohort_sums_have_exactly_the_cumulants() -> None:
    k1, k2 = np.full(1, 50.0), np.full(1, 700.0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    values = cohort_bytes(k1, k2, nodes)
    weights = weights / weights.sum()
    mean = (weights * values).sum()
    assert mean == pytest.approx(50, rel=1e-9)
    assert (weights * (values - mean) ** 2).sum() == pytest.approx(700, rel=1e-6)
    assert cohort_bytes(k1, np.zeros(1), nodes).tolist() == [50.0] * 60
    assert cohort_bytes(np.zeros(1), np.zeros(1), nodes).tolist() == [0.0] * 60


def test_cohorts_agree_with_objects_drawn_one_by_one() -> None:
    """A month of Poisson(4,000) objects of one or two lognormal images, 4,000 times each way."""
    rng = np.random.Generator(np.random.SFC64(7))
    law = Lognormal.from_interval(60e6, 180e6)
    images, months, objects = 1.25, 4000, 4000
    brute = np.empty(months)
    for month in range(months):
        made = rng.poisson(objects)
        number = made + rng.binomial(made, images - 1)
        brute[month] = np.exp(np.log(law.median) + law.sigma_below * rng.standard_normal(number)).sum()
    mean, square = object_moments(Moments.of(law), np.array([images]))
    cohorts = cohort_bytes(objects * mean, objects * square, rng.standard_normal(months))
    error = np.sqrt(objects * square[0] / months)
    assert abs(brute.mean() - objects * mean[0]) < 4 * error
    assert brute.var(ddof=1) == pytest.approx(objects * square[0], rel=4 * np.sqrt(2 / months))
    assert stats.ks_2samp(brute, cohorts).statistic < 1.63 * np.sqrt(2 / months)  # its 99 % noise


@settings(max_examples=20, deadline=None)
@given(st.floats(1, 5000), st.floats(-0.5, 0.5), st.floats(0, 0.4))
def test_more_growth_never_needs_less(rate: float, growth: float, more: float) -> None:
    rates = np.full(3, rate)
    less = objects_made(rates, np.full(3, growth), range(40))
    assert (objects_made(rates, np.full(3, growth + more), range(40)) >= less - 1e-9 * less).all()


def test_more_objects_and_larger_images_never_need_less(tmp_path: Path) -> None:
    base = simulate(build_model(a_scenario(tmp_path, DOUBTFUL)), seed=3, block=0, draws=64)
    for old, new in (('"500 to 900"', '"600 to 1080"'), ('"80 MB"', '"85 MB"'), ("= 400", "= 401")):
        grown = simulate(
            build_model(a_scenario(tmp_path, DOUBTFUL.replace(old, new))), seed=3, block=0, draws=64
        )
        assert grown.bytes_held.mean() > base.bytes_held.mean()
        assert grown.cost.mean() > base.cost.mean()


def test_units_scale(tmp_path: Path) -> None:
    small = simulate(build_model(a_scenario(tmp_path)), seed=0, block=0, draws=1)
    text = PLAIN.replace('"13 MB"', '"13 GB"').replace('"97 MB"', '"97 GB"')
    large = simulate(build_model(a_scenario(tmp_path, text)), seed=0, block=0, draws=1)
    assert (large.bytes_held == 1000 * small.bytes_held).all()


def test_types_add_up_and_stores_conserve_bytes(tmp_path: Path) -> None:
    """What is in the deposit store is all that was ever made, in every draw."""
    block = simulate(build_model(a_scenario(tmp_path, DOUBTFUL)), seed=5, block=1, draws=128)
    assert block.bytes_held[:, 0] == pytest.approx(
        np.cumsum(block.bytes_deposited, axis=0, dtype=float), rel=1e-6
    )
    assert (block.bytes_held[:, 1] <= block.bytes_held[:, 0]).all()
