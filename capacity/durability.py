"""How much is lost: silent damage between audits, and shards that fail before they are rebuilt.

Everything is computed from logarithms of survival, so a loss of 1e-15 keeps its digits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from holdings.errors import BadInput

Loss = float | NDArray[np.float64]

DAYS_PER_YEAR = 365.0
"""As in the published tables; a leap day is far below their doubt."""


def document_loss(
    *,
    size_mb: float,
    half_life_megahours: float,
    copies: int,
    hours: float,
    audit_every_hours: float | None = None,
) -> float:
    """The probability that a document is lost, all its copies being damaged before anyone looked.

    half_life_megahours : time after which one MB is damaged with probability 1/2, in 10^6 hours.
    audit_every_hours : a full audit and repair; None means never.

    One copy of a document of s MB is damaged after t hours with p(t) = 1 - 2^(-s t / (h 10^6)).
    Without audits the loss is p(hours)^copies; with audits every tau it is
    1 - (1 - p(tau)^copies)^(hours/tau). Source: MIT's preservation simulation, closed form.
    """
    if min(size_mb, half_life_megahours) <= 0 or hours < 0 or copies < 1:
        raise BadInput("Size and half life must be above zero, hours not below zero, copies at least one.")
    if audit_every_hours is not None and audit_every_hours <= 0:
        raise BadInput(f"audit_every_hours is {audit_every_hours}; it takes more than zero, or None.")
    interval = hours if audit_every_hours is None else min(audit_every_hours, hours)
    exponent = size_mb * interval / (half_life_megahours * 1e6)
    in_interval = (-math.expm1(-exponent * math.log(2.0))) ** copies
    if in_interval == 1.0 or interval == 0.0:
        return in_interval
    return -math.expm1(hours / interval * math.log1p(-in_interval))


def erasure_annual_loss(
    *,
    data_shards: int,
    parity_shards: int,
    annual_failure_rate: float,
    rebuild_days: float,
    failures: int | None = None,
) -> float:
    """The probability that at least `failures` shards fail within one rebuild somewhere in a year.

    annual_failure_rate : failures per shard (drive) and year, a fraction.
    failures : None means parity_shards + 1, at which data is lost.

    With N = 365 / rebuild_days periods, a shard fails in one with p = 1 - exp(-rate / N), and the
    year is lost with 1 - (1 - P[Bin(n, p) >= failures])^N. Source: Backblaze's durability
    calculation (17+3); the fractional last period counts here.
    """
    shards = data_shards + parity_shards
    wanted = parity_shards + 1 if failures is None else failures
    if data_shards < 1 or parity_shards < 0 or not 1 <= wanted <= shards:
        raise BadInput(f"{wanted} failures of {data_shards}+{parity_shards} shards: that cannot be asked.")
    if annual_failure_rate < 0 or not 0 < rebuild_days <= DAYS_PER_YEAR:
        raise BadInput("The failure rate must not be below zero, and a rebuild takes up to 365 days.")
    periods = DAYS_PER_YEAR / rebuild_days
    in_period = _at_least(wanted, of=shards, each=-math.expm1(-annual_failure_rate / periods))
    return 1.0 if in_period >= 1.0 else -math.expm1(periods * math.log1p(-in_period))


def _at_least(wanted: int, *, of: int, each: float) -> float:
    """P[Bin(of, each) >= wanted]; every term is positive, so nothing cancels."""
    return math.fsum(
        math.comb(of, failed) * each**failed * (1.0 - each) ** (of - failed)
        for failed in range(wanted, of + 1)
    )


def copies_annual_loss(
    *,
    copy_loss: Sequence[Loss],
    domains: Sequence[str],
    site_shock: Loss,
    audit_every_months: float,
) -> Loss:
    """The probability that every copy of a package is lost within one year.

    copy_loss : for each copy, the probability that it is damaged within a year and nobody knows.
    domains : where each copy lies; a shock takes all copies of its domain at once.
    site_shock : the probability of a shock in one domain within a year.
    audit_every_months : a full audit and repair of all of them.

    Within one audit interval every set of shocked domains is enumerated; copies elsewhere fail on
    their own. All probabilities are floats or ndarrays of one shape.
    """
    if not copy_loss or len(copy_loss) != len(domains) or audit_every_months <= 0:
        raise BadInput("It takes a loss and a domain for each copy, and an audit interval above zero.")
    years = audit_every_months / 12
    shock = -np.expm1(years * np.log1p(-np.asarray(site_shock, dtype=np.float64)))
    single = [-np.expm1(years * np.log1p(-np.asarray(each, dtype=np.float64))) for each in copy_loss]
    places = sorted(set(domains))
    lost = np.zeros_like(shock)
    for struck in itertools.product((False, True), repeat=len(places)):
        term = np.ones_like(shock)
        for hit in struck:
            term = term * (shock if hit else 1 - shock)
        for loss, domain in zip(single, domains, strict=True):
            if not struck[places.index(domain)]:
                term = term * loss
        lost = lost + term
    return np.asarray(-np.expm1(np.log1p(-np.minimum(lost, 1 - 2**-53)) / years))
