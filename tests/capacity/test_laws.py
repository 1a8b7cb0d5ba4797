"""Laws keep the percentiles that were written, and their moments are what integration gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.laws import Empirical, Law, Lognormal, Normal, Point, Triangular

LAWS: list[Law] = [
    Point(7.0),
    Lognormal.from_interval(5, 9),
    Lognormal.from_percentiles(3, 5, 17),
    Normal.from_interval(-0.05, 0.11),
    Normal.from_percentiles(-0.08, -0.04, 0.02),
    Triangular(2, 3, 11),
    Triangular(2, 2, 11),
    Triangular(2, 11, 11),
    Empirical.of([13, 2, 3, 5, 7, 11]),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_moments_are_the_integral_of_the_quantile_function(law: Law, order: int) -> None:
    # E[X^r] is the integral of Q(u)^r over (0, 1); logistic substitution takes in the tails.
    t = np.linspace(-34, 34, 200_001)
    u = 1 / (1 + np.exp(-t))
    inside = (u > 0) & (u < 1)
    t, u = t[inside], u[inside]
    integral = np.trapezoid(law.quantile(u) ** order * u * (1 - u), t)
    assert law.moment(order) == pytest.approx(integral, rel=2e-4)


def test_an_interval_holds_90_percent_between_its_ends() -> None:
    for law in (Lognormal.from_interval(5, 9), Normal.from_interval(5, 9)):
        assert law.quantile(np.array([0.05, 0.95])) == pytest.approx([5, 9])


@given(st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3).map(sorted))
def test_percentiles_come_back_as_written(written: list[float]) -> None:
    for law in (Lognormal.from_percentiles(*written), Normal.from_percentiles(*written)):
        assert law.quantile(np.array([0.1, 0.5, 0.9])) == pytest.approx(written)


def test_lognormal_moments_are_the_textbook_formula() -> None:
    mu, sigma = 1.7, 0.6
    law = Lognormal.from_log_moments(mu, sigma)
    for order in (1, 2, 3):
        assert law.moment(order) == pytest.approx(math.exp(order * mu + (order * sigma) ** 2 / 2))


@given(st.sampled_from(LAWS), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_quantiles_never_fall(law: Law, u: float, v: float) -> None:
    low, high = law.quantile(np.array(sorted((u, v))))
    assert low <= high
