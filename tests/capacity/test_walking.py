"""What changed between two results, and because of which input; and how well a plan foretold what came."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from capacity import walking
from capacity.actuals import Actual
from capacity.ensemble import project
from capacity.scoring import score
from capacity.walking import compare_results
from holdings.errors import BadInput
from tests.capacity.scenarios import DOUBTFUL, PLAIN, STORES, a_scenario

SHORT = DOUBTFUL.replace("years = 2", "months = 9")
DRAWS = 64


def made(folder: Path, text: str = SHORT, *, stores: str = STORES, days: int = 60) -> xr.Dataset:
    folder.mkdir(exist_ok=True)
    return project(a_scenario(folder, text, stores=stores, days=days), draws=DRAWS, seed=3)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    return made(tmp_path_factory.mktemp("first"))


def test_steps_name_the_inputs_and_add_up_to_the_change(tmp_path: Path, first: xr.Dataset) -> None:
    changed = SHORT.replace('"500 to 900"', '"700 to 900"').replace('"20 to 60 MB"', '"40 to 60 MB"')
    other = made(tmp_path, changed, days=30)
    found = compare_results(first, other, draws=DRAWS, seed=3)
    assert [step.keys for step in found.steps if any(step.change.values())] == [
        ("object_types.sheet.objects_per_month",),
        ("object_types.slide.image_bytes",),
        ("policy.rules.old bags also rest in cold.where",),
    ]
    walked = sum(step.change["cost"] for step in found.steps)
    costs = [ds["cost"].sum(("month", "store"), dtype=np.float64) for ds in (first, other)]
    assert walked == pytest.approx(float((costs[1] - costs[0]).mean()), rel=1e-5)
    walked = sum(step.change["bytes_held"] for step in found.steps)
    held = [ds["bytes_held"].isel(month=-1).sum("store", dtype=np.float64) for ds in (first, other)]
    assert walked == pytest.approx(float((held[1] - held[0]).mean()), rel=1e-5)


def test_who_vouches_for_a_number_changes_nothing(tmp_path: Path, first: xr.Dataset) -> None:
    told = SHORT.replace('source = "BagIt manifests"', 'source = "counted by hand"').replace("Doubts", "Told")
    found = compare_results(first, made(tmp_path, told), draws=DRAWS, seed=3)
    assert found.steps == ()
    assert all(each.change == (0.0, 0.0, 0.0) for each in found.differences)


def test_a_store_more_is_one_input_and_what_needs_it_comes_with_it(tmp_path: Path, first: xr.Dataset) -> None:
    third = '\n[stores.third]\ntier = "cold"\ndomain = "elsewhere"\nprice_sheet = "cold.toml"\n'
    other = made(tmp_path, SHORT, stores=STORES + third)
    found = compare_results(first, other, draws=DRAWS, seed=3)
    assert [key for step in found.steps for key in step.keys] == ["stores.third"]
    back = compare_results(other, first, draws=DRAWS, seed=3)
    assert [key for step in back.steps for key in step.keys] == ["stores.third"]


def test_of_very_many_inputs_those_of_one_owner_are_one_step(
    tmp_path: Path, first: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "_MOST_STEPS", 2)
    changed = (
        SHORT.replace('"500 to 900"', '"700 to 900"')
        .replace('"0 % to 10 %"', '"1 % to 10 %"')
        .replace('"0.8 to 1.3"', '"0.9 to 1.3"')
    )
    found = compare_results(first, made(tmp_path, changed), draws=DRAWS, seed=3)
    assert [step.keys for step in found.steps] == [("object_types.sheet",)]


def test_money_of_two_kinds_is_not_compared(tmp_path: Path, first: xr.Dataset) -> None:
    text = first.attrs["model"].replace('"currency": "EUR"', '"currency": "CHF"')
    other = first.assign_attrs(model=text)
    with pytest.raises(BadInput, match="count in EUR and CHF"):
        compare_results(first, other, draws=DRAWS, seed=3)


def test_the_score_of_a_plan_without_doubt_is_how_far_off_it_was(tmp_path: Path) -> None:
    # 11 x 3 images of 13 MB in January 2027: 429 MB and nothing else, all of it in hot.
    plan = made(tmp_path, PLAIN)
    held = float(plan["bytes_held"].isel(month=0).sum("store").values[0])
    found = score(
        plan,
        [
            Actual(month=date(2027, 1, 1), store="hot", bytes_held=int(held)),
            Actual(month=date(2027, 2, 1), store="hot", bytes_held=7),
            Actual(month=date(2027, 2, 1), store="elsewhere", bytes_held=10**12),
            Actual(month=date(1999, 1, 1), store="hot", bytes_held=10**12),
        ],
    )
    assert found is not None
    assert [each.where for each in found.months] == ["within", "below"]
    assert found.covered == 0.5
    assert found.months[0].crps == pytest.approx(0, abs=held * 1e-6)
    assert found.months[1].crps == pytest.approx(found.months[1].middle - 7, rel=1e-6)
    assert found.crps == pytest.approx(found.median_off, rel=1e-5)


def test_nothing_came_is_no_score(first: xr.Dataset) -> None:
    assert score(first, []) is None
