"""Sizes that were measured, beside the law that a scenario would take for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reports.projection.measured import gather_measured, measured_section
from reports.projection.movers import short
from tests.capacity.holdings import deposit_images
from tests.kit.houses import a_house


def test_classes_hold_every_image_and_the_law_expects_as_many(tmp_path: Path) -> None:
    sizes = [round(size) for size in np.random.default_rng(11).lognormal(16, 0.3, 60)]
    with a_house(tmp_path) as house:
        deposit_images(house, sizes, collection="ferns")
        deposit_images(house, [7, 11, 13], collection="too-few")
        (one,) = gather_measured(house)
    assert one["collection"] == "ferns"
    assert sum(one["counted"]) == 60
    assert sum(one["expected"]) == pytest.approx(60, abs=3)
    assert one["best"] == "lognormal"
    assert one["p50"] == pytest.approx(short(float(np.median(sizes))))
    section = measured_section([one], "c")
    assert "a lognormal law fits" in section.blocks[0].text  # type: ignore[union-attr]  # its first block is words


def test_too_few_images_say_nothing(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        assert gather_measured(house) == []
