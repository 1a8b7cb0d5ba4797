"""The same futures, bit for bit, whoever computes them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import distributed
import numpy as np
import pytest
import xarray as xr
from scipy.stats import qmc

from capacity.dataset import (
    CHANCES,
    CUBES,
    FACTS,
    FANS,
    MONTHLY_BY_STORE,
    PROVENANCE,
    draws_sha256,
)  # fmt: skip
from capacity.ensemble import project
from capacity.fans import QUANTILES, Figures, shown_months
from capacity.sampling import BLOCK, dimensions, name_hash, normals, uniforms
from capacity.scenario import Scenario
from capacity.sobol import sobol_points
from holdings.errors import BadInput, Unavailable
from tests.capacity.scenarios import DOUBTFUL, PLAIN, STORES, a_scenario, sheet

DRAWS = 2 * BLOCK + 1000


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    text = DOUBTFUL.replace("years = 2", "months = 9")
    return a_scenario(tmp_path_factory.mktemp("scenario"), text)


@pytest.fixture(scope="module")
def serial(scenario: Scenario) -> xr.Dataset:
    return project(scenario, draws=DRAWS, seed=11, scheduler="serial")


@pytest.mark.parametrize("scheduler", [None, "threads", "processes"])
def test_schedulers_agree_to_the_bit(scenario: Scenario, serial: xr.Dataset, scheduler: str | None) -> None:
    assert project(scenario, draws=DRAWS, seed=11, scheduler=scheduler).identical(serial)


@pytest.mark.soak
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_cluster_agrees_to_the_bit(scenario: Scenario, serial: xr.Dataset, workers: int) -> None:
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]  # untyped there
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        found = project(scenario, draws=DRAWS, seed=11, scheduler=cluster.scheduler_address)
    assert found.identical(serial)


@pytest.mark.soak
def test_a_worker_that_is_killed_changes_no_bit(scenario: Scenario, serial: xr.Dataset) -> None:
    killed: list[int] = []
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]  # untyped there
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:

        def kill_one(_done: int, _of: int) -> None:
            if not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        found = project(
            scenario, draws=DRAWS, seed=11, scheduler=cluster.scheduler_address, progress=kill_one
        )
    assert killed
    assert found.identical(serial)


@pytest.mark.soak
def test_memory_does_not_grow_with_draws() -> None:
    program = (
        "import resource, sys; from dataclasses import replace; from pathlib import Path; "
        "from capacity.ensemble import project; from capacity.scenario_reading import read_scenario; "
        "scenario = replace(read_scenario(Path('europe-dissco'), house=None), months=60); "
        "project(scenario, draws=int(sys.argv[1]), scheduler='threads'); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    few, many = (
        int(subprocess.check_output([sys.executable, "-c", program, str(blocks * BLOCK)], text=True))
        for blocks in (3, 9)
    )
    # All of the draws that there are more take 120 MB.
    assert many < few + (40 << 20) // (1 if sys.platform == "darwin" else 1024)


def test_one_block_waits_for_no_dask() -> None:
    program = (
        "import sys; from pathlib import Path; from capacity.ensemble import project; "
        "from capacity.scenario_reading import read_scenario; "
        "project(read_scenario(Path('one-herbarium'), house=None), draws=8); "
        "print('distributed' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_fewer_draws_are_the_beginning_of_more(scenario: Scenario, serial: xr.Dataset) -> None:
    few = project(scenario, draws=100, seed=11)
    assert (few["bytes_held"].values == serial["bytes_held"].values[..., :100]).all()


def test_another_seed_is_another_future(scenario: Scenario, serial: xr.Dataset) -> None:
    other = project(scenario, draws=100, seed=12)
    assert other.attrs["draws_sha256"] != serial.attrs["draws_sha256"]
    assert not (other["bytes_deposited"].values == serial["bytes_deposited"].values[:, :100]).any()


def test_a_longer_horizon_begins_with_the_shorter_one(tmp_path: Path, serial: xr.Dataset) -> None:
    longer = project(a_scenario(tmp_path, DOUBTFUL), draws=500, seed=11)
    assert (longer["bytes_held"].values[:9] == serial["bytes_held"].values[..., :500]).all()


def test_an_input_that_is_added_leaves_the_others_their_draws() -> None:
    before = dimensions(["a.rate", "b.rate"])
    after = dimensions(["a.rate", "a.growth", "b.rate"])
    assert {name: after[name] for name in before} == before
    assert len(set(dimensions([f"input {n}" for n in range(900)]).values())) == 900


def test_the_streams_are_those_of_ever() -> None:
    """Pinned: a change here changes every result that anybody kept."""
    assert name_hash("sheet") == 0x78AF7BDB5626EB0A
    points = uniforms(["a", "b"], seed=1, block=2)
    assert points["a"][:2].tolist() == [0.9526781686581671, 0.11368016479536891]
    assert normals("a", seed=1, block=2, rows=1)[0, :2].tolist() == [2.182509846781465, 0.04473192501862672]
    assert 0 < min(points["a"].min(), points["b"].min()) < max(points["a"].max(), points["b"].max()) < 1
    assert points["a"].mean() == pytest.approx(0.5, abs=1e-3)
    again = normals("a", seed=1, block=2, rows=3)
    assert (again[:2] == normals("a", seed=1, block=2, rows=2)).all()
    assert not (again == normals("b", seed=1, block=2, rows=3)).any()


@pytest.mark.parametrize(("of", "first"), [(1, 0), (5, BLOCK), (256, 3 * BLOCK)])
def test_points_are_those_of_scipy(of: int, first: int) -> None:
    engine = qmc.Sobol(of, rng=np.random.default_rng([7, 1]))
    if first:
        engine.fast_forward(first)
    theirs = engine.random(512)
    some = [*range(0, of, 7)][::-1]
    ours = sobol_points(some, of=of, rng=np.random.default_rng([7, 1]), first=first, count=512)
    assert (ours == theirs[:, some].T).all()


def test_the_first_figures_are_those_of_the_result(scenario: Scenario) -> None:
    told: list[Figures] = []
    result = project(scenario, draws=700, scheduler="serial", first=told.extend)
    ends = result.isel(month=shown_months(9)).sel(quantile=[0.05, 0.5, 0.95])
    assert [each.bytes_held for each in told] == [*map(tuple, ends["bytes_held_total_fan"].values.T)]
    assert [each.cost_since_start for each in told] == [*map(tuple, ends["cost_spent_fan"].values.T)]


def test_blocks_continue_one_sequence() -> None:
    one, two = uniforms(["a"], seed=1, block=0)["a"], uniforms(["a"], seed=1, block=1)["a"]
    # Scrambled Sobol points are stratified: each of 8,192 cells gets exactly one of the two blocks' points.
    cells = np.floor(np.concatenate([one, two]) * 2 * BLOCK).astype(int)
    assert len(set(cells.tolist())) == 2 * BLOCK


def test_dimensions_names_and_units(serial: xr.Dataset) -> None:
    assert serial["bytes_held"].dims == ("month", "store", "draw")
    assert serial["bytes_held_fan"].dims == ("quantile", "month", "store")
    assert dict(serial.sizes) == {
        "month": 9, "year": 1, "store": 2, "domain": 2, "type": 2, "part": 7, "draw": DRAWS, "quantile": 5
    }  # fmt: skip
    assert all(serial[name].attrs["units"] for name in (*CUBES, *FANS, *CHANCES, *FACTS))
    assert serial["store_tier"].values.tolist() == ["hot", "cold"]
    assert serial["bytes_held"].attrs["units"] == "B"
    assert serial["cost"].attrs["units"] == "EUR"
    assert str(serial["month"].values[8])[:10] == "2027-09-01"


def test_what_planners_ask_for_stands_by_store_and_month(serial: xr.Dataset) -> None:
    for name in MONTHLY_BY_STORE:
        assert serial[f"{name}_month_fan"].dims == ("quantile", "month", "store")
    # Of draws that the years sum up, the months' medians come to about the same.
    audited = serial["bytes_audited_month_fan"].sel(quantile=0.5).sum("month")
    assert audited.values == pytest.approx(serial["bytes_audited_fan"].sel(quantile=0.5)[0].values, rel=0.05)
    parts = serial["cost_parts_store_fan"].sel(quantile=0.5).sum("store")
    assert parts.values == pytest.approx(
        serial["cost_parts_fan"].sel(quantile=0.5).values, rel=0.05, abs=1e-9
    )


def test_fans_are_quantiles_of_the_draws(serial: xr.Dataset) -> None:
    total = serial["bytes_held"].astype(float).sum("store").isel(month=-1).values
    found = serial["bytes_held_total_fan"].isel(month=-1).values
    assert found == pytest.approx(np.quantile(total, QUANTILES), rel=1e-12)
    assert (np.diff(serial["cost_spent_fan"].values, axis=1) > 0).all()
    assert (np.diff(serial["bytes_held_fan"].values[:, -1], axis=0) > 0).all()


def test_everything_that_made_it_lies_inside(serial: xr.Dataset, scenario: Scenario) -> None:
    attrs = serial.attrs
    assert set(attrs) == set(PROVENANCE)
    assert set(serial.data_vars) == {*CUBES, *FANS, *CHANCES, *FACTS}
    assert attrs["scenario_text"] == scenario.text
    assert "old bags also rest in cold" in attrs["policy_text"]
    assert "storage_per_gb_month" in json.loads(attrs["price_sheets"])["cold"]
    assert (attrs["draws"], attrs["seed"]) == (DRAWS, 11)
    assert attrs["draws_sha256"] == draws_sha256(serial)
    assert set(json.loads(attrs["versions"])) == {"python", "holdfast", "numpy", "scipy", "dask", "xarray"}
    assert str(scenario.path.parent) not in json.dumps(attrs)


@pytest.mark.parametrize(("draws", "seed"), [(0, 0), (-1, 0), (1 << 30, 0), (1, -1)])
def test_draws_that_cannot_be_made_are_refused(scenario: Scenario, draws: int, seed: int) -> None:
    with pytest.raises(BadInput, match="cannot be made"):
        project(scenario, draws=draws, seed=seed)


def test_a_scheduler_of_no_kind_is_refused(scenario: Scenario) -> None:
    with pytest.raises(BadInput, match="'cluster' is no scheduler"):
        project(scenario, scheduler="cluster")


@pytest.mark.parametrize("named", ["foo://bar", "http://127.0.0.1:1", "tcp://127.0.0.1", "tcp://here:port"])
def test_an_address_that_is_none_is_refused_at_once(scenario: Scenario, named: str) -> None:
    with pytest.raises(BadInput, match="is no scheduler"):
        project(scenario, scheduler=named)


def test_a_scheduler_that_is_not_there_is_unavailable_at_once(scenario: Scenario) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        project(scenario, scheduler="tcp://127.0.0.1:9")
    assert time.monotonic() - began < 20, "Dask alone would go on asking for thirty seconds"


def test_sums_that_no_float_holds_are_refused(tmp_path: Path) -> None:
    wide = '{ p10 = "1 kB", p50 = "1 kB", p90 = "1 PB" }'
    text = PLAIN.replace('"13 MB"', wide)
    with pytest.raises(BadInput, match="too large to be multiplied"):
        project(a_scenario(tmp_path, text), draws=2)


def test_stores_with_sheets_of_one_name_keep_both(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "hot.toml").write_text(sheet("cold", storage_per_gb_month="0.0013"))
    result = project(a_scenario(tmp_path, stores=STORES.replace('"cold.toml"', '"else/hot.toml"')), draws=2)
    texts = json.loads(result.attrs["price_sheets"])
    assert "0.023" in texts["hot"]
    assert "0.0013" in texts["cold"]
    figures = {told["name"]: told["written"] for told in json.loads(result.attrs["prices"])}
    assert figures["stores.hot.put_per_1000"] == "0.005"
    assert figures["stores.cold.storage_per_gb_month"] == "0.0013"
