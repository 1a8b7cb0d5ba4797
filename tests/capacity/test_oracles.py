"""Published tables, to the printed digit, and the laws that the formulas must obey beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from capacity.durability import document_loss, erasure_annual_loss
from capacity.economics import discount_factors, endowment_per_tb, refresh_cost
from capacity.network import terabytes_per_day
from capacity.residency import stock
from capacity.sensitivity import sobol_indices
from holdings.errors import BadInput

ROSENTHAL: dict[str, Any] = {
    "drive_cost": 250,
    "slot_cost": 150,
    "slot_tb": 7.2,
    "slot_cost_per_year": 100,
    "drive_life_years": 4,
    "drive_fail_rate": 0.02,
    "slot_life_years": 8,
    "discount_rate": 0.02,
    "kryder_rate": 0.10,
    "slot_rate": 0.0,
    "labour_power_rate": 0.04,
    "replication": 1,
    "years": 100,
    "discount": "simple-complement",
}


@pytest.mark.parametrize(("replication", "printed"), [(1, 324.8799117317895), (2, 649.759823463579)])
def test_endowment_is_rosenthals(replication: int, printed: float) -> None:
    assert endowment_per_tb(**{**ROSENTHAL, "replication": replication}) == pytest.approx(printed, rel=1e-14)


def test_the_first_years_of_the_endowment_are_rosenthals() -> None:
    sums = [0.0, *(endowment_per_tb(**{**ROSENTHAL, "years": years}) for years in range(1, 6))]
    printed = [
        72.22222222222221,
        12.868686868686867,
        11.923423324150592,
        11.047593683612984,
        33.86071761422877,
    ]
    assert np.diff(sums) == pytest.approx(printed, rel=1e-12)


def test_discount_conventions_differ_from_the_second_year() -> None:
    compound = discount_factors(rate=0.02, years=3, discount="compound")
    simple = discount_factors(rate=0.02, years=3, discount="simple-complement")
    assert compound == pytest.approx([1, 1 / 1.02, 1 / 1.02**2])
    assert simple == pytest.approx([1, 0.98, 0.98**2])


def test_an_unknown_discount_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput) as refused:
        discount_factors(rate=0.02, years=3, discount="linear")  # type: ignore[arg-type]  # the point
    assert "compound" in str(refused.value.hint)


def test_refresh_by_hand() -> None:
    """Stock 2, 5, 5, 12 with a life of two: bought 2, 3, then 0+2, then 7+3."""
    assert refresh_cost(stock_tb=[2, 5, 5, 12], price_per_tb=7, life_years=2) == pytest.approx(
        [14, 21, 14, 70]
    )


def test_refresh_of_a_shrinking_stock_buys_only_what_is_still_needed() -> None:
    assert refresh_cost(stock_tb=[5, 3, 3], price_per_tb=1, life_years=2) == pytest.approx([5, 0, 5])


def test_stock_by_age_is_cms() -> None:
    """Copies on disk 30, 10, 1 by year of age, the last persisting; produced 2, 3, 5, 7."""
    assert stock(produced=[2, 3, 5, 7], copies_by_age=[30, 10, 1]) == pytest.approx(
        [60, 20 + 90, 2 + 30 + 150, 2 + 3 + 50 + 210]
    )


@pytest.mark.parametrize(
    ("copies", "years", "life", "lost", "audit"),
    [
        (1, 10, 2, 8232.233, None),
        (1, 10, 100, 340.637, None),
        (3, 10, 10, 251.263, None),
        (5, 30, 10, 1128.920, None),
    ],
)
def test_documents_lost_is_mits(
    copies: int, years: int, life: float, lost: float, audit: float | None
) -> None:
    """10,000 documents of 50 MB; a year of that simulation has 10,000 hours."""
    loss = document_loss(
        size_mb=50, half_life_megahours=life, copies=copies, hours=years * 10_000, audit_every_hours=audit
    )
    assert 10_000 * loss == pytest.approx(lost, abs=6e-4)


def test_audits_by_their_closed_form() -> None:
    each = 1 - 2 ** -(50 * 2_500 / 10e6)
    loss = document_loss(size_mb=50, half_life_megahours=10, copies=3, hours=100_000, audit_every_hours=2_500)
    assert loss == pytest.approx(1 - (1 - each**3) ** 40, rel=1e-9)


def test_an_audit_at_the_end_is_no_audit() -> None:
    case: dict[str, Any] = {"size_mb": 50, "half_life_megahours": 10, "copies": 3, "hours": 1e5}
    assert document_loss(**case, audit_every_hours=1e5) == pytest.approx(document_loss(**case), rel=1e-12)


def test_erasure_is_backblazes() -> None:
    loss = erasure_annual_loss(data_shards=17, parity_shards=3, annual_failure_rate=0.00405, rebuild_days=6.5)
    assert loss == pytest.approx(7.354e-12, rel=1e-3)
    assert 1 - loss == pytest.approx(0.999999999992646, abs=5e-16)


def test_erasure_keeps_its_digits_where_the_printed_table_lost_them() -> None:
    """At six failures the first term decides: C(20, 6) p^6 a period, N of them."""
    periods = 365 / 6.5
    p = -np.expm1(-0.00405 / periods)
    loss = erasure_annual_loss(
        data_shards=17, parity_shards=3, annual_failure_rate=0.00405, rebuild_days=6.5, failures=6
    )
    assert loss == pytest.approx(periods * 38760 * p**6, rel=2e-3)
    assert loss < 1e-17


def test_a_line_carries_skas_bytes() -> None:
    assert terabytes_per_day(gbit_per_s=1) == pytest.approx(10.8)
    assert terabytes_per_day(gbit_per_s=28.4297) == pytest.approx(307.0410, abs=5e-4)
    assert terabytes_per_day(gbit_per_s=28.4297) * 365 / 1000 == pytest.approx(112.0700, abs=5e-4)


def ishigami(uniforms: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.pi * (2 * uniforms - 1)
    return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def test_ishigamis_indices() -> None:
    main, total = sobol_indices(function=ishigami, n_inputs=3, n=2**14, seed=7)
    assert main == pytest.approx([0.313905, 0.442411, 0.0], abs=4e-3)
    assert total == pytest.approx([0.557589, 0.442411, 0.243684], abs=4e-3)


def test_an_output_that_does_not_vary_depends_on_nothing() -> None:
    main, total = sobol_indices(function=lambda points: np.full(len(points), 3.0), n_inputs=2, n=4, seed=0)
    assert main.tolist() == total.tolist() == [0.0, 0.0]


def test_points_that_are_no_power_of_two_are_refused() -> None:
    with pytest.raises(BadInput, match="power of two"):
        sobol_indices(function=ishigami, n_inputs=3, n=1000, seed=0)


@given(copies=st.integers(1, 5), hours=st.floats(1, 1e6), size=st.floats(0.1, 1e4))
def test_one_more_copy_never_loses_more(copies: int, hours: float, size: float) -> None:
    case: dict[str, Any] = {
        "size_mb": size,
        "half_life_megahours": 10,
        "hours": hours,
        "audit_every_hours": 8766,
    }
    assert document_loss(copies=copies + 1, **case) <= document_loss(copies=copies, **case)


@given(parity=st.integers(0, 6), rate=st.floats(0, 2), days=st.floats(0.1, 60))
def test_one_more_parity_shard_never_loses_more_shards_of_the_same_stripe(
    parity: int, rate: float, days: float
) -> None:
    case: dict[str, Any] = {"annual_failure_rate": rate, "rebuild_days": days}
    more = erasure_annual_loss(data_shards=20 - parity - 1, parity_shards=parity + 1, **case)
    fewer = erasure_annual_loss(data_shards=20 - parity, parity_shards=parity, **case)
    assert more <= fewer


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=12), st.floats(1, 3))
def test_refresh_scales_with_the_stock(stock_tb: list[float], factor: float) -> None:
    once = refresh_cost(stock_tb=stock_tb, price_per_tb=3, life_years=5)
    more = refresh_cost(stock_tb=[factor * each for each in stock_tb], price_per_tb=3, life_years=5)
    assert more == pytest.approx(factor * once, abs=1e-6)
