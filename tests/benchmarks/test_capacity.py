"""The contenders answer the same question alike, so that their times may stand side by side."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.capacity import (
    LAWS,
    broadcast,
    by_cohorts,
    dask_array,
    factored,
    ours,
    plain_numpy,
    with_simpy,
)


@pytest.mark.parametrize("contender", [ours, plain_numpy, dask_array])
def test_objects_one_by_one(contender: object) -> None:
    assert callable(contender)
    for (total, p95), law in zip(contender(1_600_000), LAWS, strict=True):
        assert total == pytest.approx(200_000 * law.moment(1), rel=0.02)
        assert p95 == pytest.approx(float(law.quantile(np.array([0.95]))[0]), rel=0.02)


def test_few_objects_and_cohorts() -> None:
    for (total, _), (other, _), law in zip(with_simpy(16_000), by_cohorts(16_000), LAWS, strict=True):
        assert total == pytest.approx(2000 * law.moment(1), rel=0.15)
        assert other == pytest.approx(2000 * law.moment(1), rel=0.15)


def test_many_draws() -> None:
    ours_, theirs = factored(512), np.moveaxis(broadcast(512), 0, 1)
    assert ours_.shape == theirs.shape == (20, 3, 4)
    assert ours_[-1, 1] == pytest.approx(theirs[-1, 1], rel=1e-3)
