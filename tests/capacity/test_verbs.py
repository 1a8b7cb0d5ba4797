"""What stands on a forecast: comparing, explaining, ranking, weighing, calibrating, making it again."""

from __future__ import annotations

import errno
import itertools
import os
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.collection.building import build
from archive.collection.options import Options
from capacity.actuals import Actual
from capacity.answers import answers_at
from capacity.backtesting import backtest
from capacity.calibrating import as_scenario, calibrate, measure_reads
from capacity.checking import check
from capacity.checkpoints import Checkpoints
from capacity.comparing import compare
from capacity.engine import build_model, simulate_parts
from capacity.ensemble import plan_hash, project
from capacity.growth import Series, crps, read_series
from capacity.objects import run_objects
from capacity.optimising import optimise
from capacity.packing import Packer
from capacity.picturing import flow_chart
from capacity.rerunning import rerun
from capacity.results import QUANTILES_NAME, open_result, save_result
from capacity.sampling import BLOCK
from capacity.scenario import Scenario
from capacity.sensitivity import sensitivities
from capacity.weighing import weigh
from holdings.catalogue.interface import Entry
from holdings.errors import BadInput
from holdings.house import House
from holdings.records import Event, EventType, Outcome, Package
from holdings.settings.prices import PriceSheet
from tests.archive.collection.holding import COLLECTION, hold, pixels
from tests.capacity.holdings import deposit_images
from tests.capacity.scenarios import DOUBTFUL, PLAIN, a_scenario, write_scenario
from tests.kit.houses import a_house
from tests.kit.shared import shared_data
from tiering.policy import RemovalCeilings

SHORT = DOUBTFUL.replace("years = 2", "months = 9")
RISKY = SHORT + "\n[durability]\nsite_shock_per_year = 0.01\ncopy_loss_per_year = 0.001\n"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return a_scenario(tmp_path_factory.mktemp("scenario"), RISKY)


@pytest.fixture(scope="module")
def result(scenario: Scenario) -> xr.Dataset:
    return project(scenario, draws=300, seed=4)


def test_a_result_is_made_again_to_the_bit(tmp_path: Path, result: xr.Dataset) -> None:
    save_result(result, tmp_path / "run")
    found = rerun(open_result(tmp_path / "run"), scheduler="threads")
    assert (found.same, found.other_versions) == (True, ())
    assert found.result.identical(result)


def test_quantiles_lie_beside_the_draws(tmp_path: Path, result: xr.Dataset) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415  # one test reads it

    save_result(result, tmp_path / "run")
    table = pq.read_table(tmp_path / "run" / QUANTILES_NAME)
    rows = [
        row for row in table.to_pylist() if row["variable"] == "bytes_held_total" and row["quantile"] == 0.5
    ]
    assert [row["value"] for row in rows] == result["bytes_held_total_fan"].sel(quantile=0.5).values.tolist()
    assert table.schema.metadata[b"draws_sha256"].decode() == result.attrs["draws_sha256"]


def test_a_stopped_run_goes_on(tmp_path: Path, scenario: Scenario) -> None:
    whole = project(scenario, draws=BLOCK + 50, seed=4, scheduler="serial")
    kept = Checkpoints(tmp_path / "blocks", plan_hash(scenario, seed=4))
    [*kept.save(0, BLOCK, simulate_parts(build_model(scenario), seed=4, block=0))]
    told: list[tuple[int, int]] = []
    again = project(
        scenario, draws=BLOCK + 50, seed=4, scheduler="serial", checkpoints=tmp_path / "blocks",
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert again.identical(whole)
    assert told == [(1, 2), (2, 2)]
    assert kept.load(1, 50) is not None


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_a_stopped_run_goes_on_wherever_it_ran(tmp_path: Path, scenario: Scenario, scheduler: str) -> None:
    whole = project(scenario, draws=BLOCK + 50, seed=4, scheduler="serial")
    for _ in range(2):  # the second finds both blocks done
        again = project(
            scenario, draws=BLOCK + 50, seed=4, scheduler=scheduler, checkpoints=tmp_path / "blocks"
        )
        assert again.identical(whole)
    assert len([*tmp_path.rglob("*.zip")]) == 2


def test_a_disk_without_room_is_told_in_a_sentence(
    tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", is_full)
    with pytest.raises(BadInput, match=r"draws cannot be laid down in .*: No space left"):
        project(scenario, draws=BLOCK + 50, seed=4, scheduler="threads", checkpoints=tmp_path / "blocks")


def test_a_block_that_was_cut_short_is_made_again(
    tmp_path: Path, scenario: Scenario, result: xr.Dataset
) -> None:
    kept = Checkpoints(tmp_path, plan_hash(scenario, seed=4))
    [*kept.save(0, 300, simulate_parts(build_model(scenario), seed=4, block=0, draws=300))]
    (path,) = tmp_path.rglob("*.zip")
    path.write_bytes(path.read_bytes()[:1000])
    assert project(scenario, draws=300, seed=4, checkpoints=tmp_path).identical(result)
    kept.clear()
    assert not tmp_path.exists() or not list(tmp_path.iterdir())


def test_a_comparison_is_sharper_than_chance_and_explains_itself(tmp_path: Path) -> None:
    first = write_scenario(tmp_path, RISKY)
    second = tmp_path / "more.toml"
    second.write_text(
        'extends = "scenario.toml"\ntitle = "More"\nprice_drift_per_year = 0.01\n'
        "[object_types.slide]\nobjects_per_month = 500\n"
    )
    found = compare(first, second, house=None, draws=256, seed=1)
    held = next(each for each in found.differences if each.question == "bytes_held")
    assert held.sharper > 25
    assert held.change[0] > 0
    assert {step.keys for step in found.steps} == {
        ("price_drift_per_year",),
        ("object_types.slide.objects_per_month",),
    }
    drift = next(step for step in found.steps if step.keys == ("price_drift_per_year",))
    assert drift.change["bytes_held"] == 0
    assert drift.change["cost"] > 0
    same = compare(first, first, house=None, draws=64, seed=1)
    assert same.steps == ()
    assert all(each.change == (0, 0, 0) for each in same.differences)


def test_what_moves_the_answer_is_found(scenario: Scenario) -> None:
    found = {each.question: each for each in sensitivities(scenario, n=64, draws=256, seed=0)}
    held = found["bytes_held"].influences
    assert held[0].name.startswith("object_types.sheet.")
    assert held[0].total > 0.3
    assert "price_drift_per_year" not in [each.name for each in held]
    assert "price_drift_per_year" in [each.name for each in found["cost"].influences]
    assert 0.8 < sum(each.first for each in held) < 1.2
    assert all(each.low < each.high for each in held)
    with pytest.raises(BadInput, match="power of two"):
        sensitivities(scenario, n=60, draws=64, seed=0)


def test_points_alone_decide_the_answer(tmp_path: Path) -> None:
    """No noise of markets, years or harvests is in what the indices are made from."""
    text = SHORT + (
        "\n[price_shock]\nper_year = 3\nsize = 0.5\n[access]\nreads_per_year = 0.1\nharvests_per_year = 4\n"
    )
    noisy = a_scenario(tmp_path, text.replace('title = "Doubts"', 'title = "D"\nprice_noise_per_year = 0.2'))
    model = build_model(noisy)
    points = {item.name: np.full(9, 0.3) for item in model.inputs}
    for values in answers_at(model, points).values():
        assert len(set(values.tolist())) == 1


def test_a_scenario_without_doubt_has_nothing_that_moves_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="leaves nothing in doubt"):
        sensitivities(a_scenario(tmp_path), n=2, draws=64, seed=0)


def test_the_cheapest_policy_that_loses_little_enough(scenario: Scenario) -> None:
    free = optimise(scenario, most_lost=1e12, budget=None, draws=32, seed=0)
    assert [each.cost for each in free.candidates] == sorted(each.cost for each in free.candidates)
    assert free.best == free.candidates[0]
    assert free.best is not None
    assert dict(free.best.copies) == {"hot": 1}
    least = min(each.objects_lost for each in free.candidates)
    strict = optimise(scenario, most_lost=least * 1.0001, budget=None, draws=32, seed=0)
    assert strict.best is not None
    assert dict(strict.best.copies) == {"hot": 1, "cold": 1}
    assert strict.best.cost >= free.best.cost
    assert optimise(scenario, most_lost=least, budget=0.0, draws=32, seed=0).best is None
    frontier = [each for each in free.candidates if each.is_on_frontier]
    assert all(a.objects_lost >= b.objects_lost for a, b in itertools.pairwise(frontier))


@settings(max_examples=4, deadline=None)
@given(st.floats(0, 1), st.sampled_from(["hot", "cold"]), st.sampled_from([1e12, 60.0]))
def test_a_cheaper_store_never_raises_the_optimum(share: float, store: str, most_lost: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dear = a_scenario(Path(folder), RISKY)
    stores = [
        replace(each, sheet=cheaper(each.sheet, share)) if each.name == store else each
        for each in dear.stores
    ]
    cheap = replace(dear, stores=tuple(stores))
    before, after = (
        optimise(each, most_lost=most_lost, budget=None, draws=16, seed=0) for each in (dear, cheap)
    )
    assert (before.best is None) == (after.best is None)
    if before.best and after.best:
        assert after.best.cost <= before.best.cost


def cheaper(sheet: PriceSheet, share: float) -> PriceSheet:
    """The sheet with all its money at a share."""
    figures = {
        name: replace(figure, value=figure.value * Decimal(share)) if "per_" in name else figure
        for name, figure in sheet.figures.items()
    }
    return replace(sheet, figures=figures)


def test_where_copies_may_go_a_policy_may_leave_the_first_store(tmp_path: Path, scenario: Scenario) -> None:
    guards = replace(scenario.policy.guards, removal=RemovalCeilings(packages=9, size_bytes=99, share=1.0))
    removing = replace(scenario, policy=replace(scenario.policy, guards=guards))
    found = optimise(removing, most_lost=1e12, budget=None, draws=16, seed=0)
    tried = {(each.copies, each.after_days) for each in found.candidates}
    assert {((("cold", 1),), 0), ((("cold", 1),), 365)} <= tried
    assert check(removing, today=date(2026, 1, 1)).ceilings[:2] == (
        "guards.removal.packages = 9", "guards.removal.size = 99 B"
    )  # fmt: skip


def test_without_a_risk_nothing_is_optimised(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="names no risk"):
        optimise(a_scenario(tmp_path), most_lost=1, budget=None, draws=16, seed=0)


def test_what_happened_weighs_the_draws(result: xr.Dataset) -> None:
    high = float(result["bytes_held_fan"].sel(store="hot", quantile=0.95).values[3])
    month = datetime.fromisoformat(str(result["month"].values[3])).date()
    found = weigh(result, [Actual(month=month, store="hot", bytes_held=int(high))], [(month, "cold", 0.0)])
    assert [each.what for each in found.seen] == ["bytes held", "invoice"]
    assert found.held_after[1] > found.held_before[1]
    assert found.held_after[2] - found.held_after[0] < found.held_before[2] - found.held_before[0]
    assert 1 < found.effective_draws < result.sizes["draw"]
    with pytest.raises(BadInput, match="months and stores"):
        weigh(result, [Actual(month=date(1999, 1, 1), store="hot", bytes_held=1)])


def test_holdings_calibrate_a_scenario(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    sizes = [int(size) for size in np.exp(16 + 0.4 * chance.standard_normal(200))]
    with a_house(tmp_path, at=datetime(2026, 3, 1, tzinfo=UTC)) as house:
        deposit_images(house, sizes[:120], collection="herb", at=datetime(2026, 1, 5, tzinfo=UTC))
        deposit_images(house, sizes[120:], collection="herb", at=datetime(2026, 2, 5, tzinfo=UTC))
        deposit_images(house, [5], collection="few", at=datetime(2026, 2, 5, tzinfo=UTC))
        (found,) = calibrate(house)
        text = as_scenario([found], catalogue_id=house.catalogue.catalogue_id, on=date(2026, 3, 1))
        (tmp_path / "measured.toml").write_text(text)
        write_scenario(tmp_path)
        over = tmp_path / "over.toml"
        over.write_text('extends = ["scenario.toml", "measured.toml"]\n')
        from capacity.scenario_reading import read_scenario  # noqa: PLC0415  # with the house open

        kinds = {kind.name: kind for kind in read_scenario(over, house=house).object_types}
        with pytest.raises(BadInput, match="'few' holds fewer than 8 images"):
            calibrate(house, collection="few")
    assert (found.collection, found.images, found.best) == ("herb", 200, "lognormal")
    assert found.fits[0].is_good
    assert [n for _, n in found.images_per_month] == [120, 80]
    assert kinds["herb"].objects_per_month.law.moment(1) == 100
    assert kinds["herb"].image_bytes.law.moment(1) == pytest.approx(np.mean(sizes))


def test_pace_reads_specimens_and_collections_calibrate_too(tmp_path: Path) -> None:
    with a_house(tmp_path, at=datetime(2026, 7, 1, 12, tzinfo=UTC)) as house:
        for month, number in ((1, 20), (2, 30), (3, 40), (4, 30)):
            at = datetime(2026, month, 1, 12, tzinfo=UTC)
            bag = deposit_images(house, range(10**6, 10**6 + 100 * number, 100), collection="herb", at=at)
        # What has begun says nothing of whole months.
        deposit_images(house, [10**6 + 1, 10**6 + 2], collection="herb", at=datetime(2026, 7, 1, tzinfo=UTC))
        built = {"form": "zarr ozx", "codec": "zstd", "images": 10, "pixels": 1000, "size_bytes": 2500}
        for name, kind, detail in (
            ("a", EventType.PACKAGE_CREATION, built),
            ("b", EventType.ACCESS, {"reads": 61}),
        ):
            happened(house, bag, name, kind, detail)
        (found,), reads = calibrate(house), measure_reads(house)
        text = as_scenario([found], catalogue_id="it", on=date(2026, 7, 1), reads=reads)
    assert (found.per_month.value, found.images_per_object) == (20, None)  # four months, and two without
    assert found.per_month.low < 20 < found.per_month.high
    assert [(each.bytes_per_pixel, each.bytes_per_image) for each in found.derived] == [(2.5, 250)]
    assert reads is not None
    assert reads.share_per_year == pytest.approx(61 / 122 / (181 / 365.25))
    (tmp_path / "measured.toml").write_text(text)
    write_scenario(tmp_path)
    (tmp_path / "over.toml").write_text('extends = ["scenario.toml", "measured.toml"]\n')
    from capacity.scenario_reading import read_scenario  # noqa: PLC0415  # as above

    with a_house(tmp_path, at=datetime(2026, 7, 1, 12, tzinfo=UTC)) as house:
        laid = read_scenario(tmp_path / "over.toml", house=house)
    herb = next(kind for kind in laid.object_types if kind.name == "herb")
    assert [item.law.moment(1) for item in herb.derivatives] == [250]
    alone = read_scenario(tmp_path / "scenario.toml", house=None)
    others = [(kind.name, kind.derivatives) for kind in laid.object_types if kind.name != "herb"]
    assert others == [(kind.name, kind.derivatives) for kind in alone.object_types], "theirs are as they were"
    assert not herb.objects_per_month.law.is_point
    assert laid.numbers["access.reads_per_year"].confidence == "measured"


def test_what_a_build_took_is_read_back(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, tmp_path / "source", {f"{n}.tif": pixels(70, 60, seed=n) for n in range(8)})
        made = build(house, COLLECTION, Options())
        (found,) = calibrate(house)
    (derived,) = found.derived
    size_bytes = sum(image.size_bytes for image in made.images)
    assert (derived.form, derived.codec, derived.images) == ("zarr ozx", "zstd", 8)
    assert derived.bytes_per_image == pytest.approx(size_bytes / 8)
    assert derived.bytes_per_pixel == pytest.approx(size_bytes / (8 * 70 * 60))


def happened(house: House, package: Package, name: str, kind: EventType, detail: dict[str, Any]) -> None:
    event = Event(
        event_id=name, at=house.clock.now(), event_type=kind, package_id=package.package_id, store=None,
        agent="test", outcome=Outcome.SUCCESS, run=name, detail=detail,
    )  # fmt: skip
    house.catalogue.record(Entry(events=[event]))


def test_old_and_bare_numbers_are_listed(scenario: Scenario) -> None:
    found = check(scenario, today=date(2031, 1, 1), stale_years=3)
    assert "object_types.sheet.packaging_overhead" in [each.name for each in found.stale]
    assert "object_types.sheet.objects_per_month" in [each.name for each in found.unsourced]
    assert any("hot -> hot (here; hot; rented, where packages arrive)" in line for line in found.picture)
    assert not check(scenario, today=date(2026, 2, 1), stale_years=3).stale


def test_objects_one_by_one_are_what_cohorts_say(tmp_path: Path) -> None:
    found = run_objects(a_scenario(tmp_path, SHORT), draws=40, seed=3)
    assert found.objects > 100_000
    apart = {each.what: each for each in found.compared}
    assert [*apart] == ["bytes made", "bags made", "bytes held in hot", "bytes held in cold"]
    made = apart["bytes made"]
    assert abs(made.apart) < 4 * made.noise < 0.04
    # An object is a tenth of a bag: what is free in a bag is nearly as in a renewal process.
    assert abs(apart["bags made"].apart) < 0.02
    assert abs(apart["bytes held in cold"].apart) < 4 * apart["bytes held in cold"].noise
    assert 0 < found.of_variance < 0.01
    assert not found.placed_one_by_one
    exact = run_objects(a_scenario(tmp_path, PLAIN), draws=2, seed=0)
    assert [each.apart for each in exact.compared[2:]] == pytest.approx([0, 0], abs=1e-12)
    # 11 objects of 39 MB into bags of 97 MB: two in each, where cohorts fill bags to the brim.
    assert exact.bags == 2 * 7 * 6
    assert exact.compared[1].apart == pytest.approx(6 / 5 - 1)
    with pytest.raises(BadInput, match="too many"):
        run_objects(a_scenario(tmp_path, PLAIN.replace("11", "1e9")), draws=2, seed=0)
    with pytest.raises(BadInput, match="digitises nothing"):
        run_objects(a_scenario(tmp_path, PLAIN.replace("11", "0")), draws=2, seed=0)


def test_a_policy_of_single_sizes_is_asked_about_each_bag(tmp_path: Path) -> None:
    """Five bags of 78 MB in a month, and a last one of 39 MB, which alone rests in cold."""
    scenario = a_scenario(tmp_path, PLAIN)
    rules = scenario.policy.rules
    small = replace(rules[0], where="bytes < 50000000")
    found = run_objects(
        replace(scenario, policy=replace(scenario.policy, rules=(small, *rules[1:]))), draws=2, seed=0
    )
    assert found.placed_one_by_one
    # A cohort is of full bags, so that none of them is small: nothing to compare with in cold.
    assert [each.what for each in found.compared][2:] == ["bytes held in hot"]
    large = replace(rules[0], where="bytes > 50000000")
    found = run_objects(
        replace(scenario, policy=replace(scenario.policy, rules=(large, *rules[1:]))), draws=2, seed=0
    )
    assert found.compared[-1].apart == pytest.approx(10 / 11 - 1)


def test_bags_are_begun_when_an_object_does_not_fit() -> None:
    packer = Packer(10.0)
    packer.add(np.array([4.0, 5.0, 3.0, 11.0]), np.array([1, 1, 1, 2]))
    packer.add(np.array([2.0]), np.array([1]))
    packer.close(0)
    packer.add(np.array([10.0, 1.0]), np.array([1, 1]))
    packer.close(2)
    bags = packer.bags()
    assert bags.size_bytes.tolist() == [9, 3, 11, 2, 10, 1]
    assert bags.images.tolist() == [2, 1, 2, 1, 1, 1]
    assert bags.made.tolist() == [0, 0, 0, 0, 2, 2]


def test_what_hangs_on_what_is_drawn(scenario: Scenario) -> None:
    lines = [line.strip() for line in flow_chart(scenario).split("\n")]
    assert lines[0] == "flowchart LR"
    names = {line.split("[")[1].rstrip("]"): line.split("[")[0] for line in lines if "[" in line}
    sheet, bags = names['"objects: sheet"'], names['"packages: bags of masters"']
    rule, cold = names['"rule: old bags also rest in cold"'], names['"store: cold (there)"']
    assert {f"{sheet} --> {bags}", f"{bags} --> {rule}", f'{rule} -->|"1 in cold"| {cold}'} <= set(lines)


def test_the_band_covers_what_came_and_beats_an_exponential() -> None:
    series = read_series(shared_data("growth", "releases.tsv"), column="Size (TB)", date_column="Date")
    found = backtest(series, cut=date(2021, 1, 1), draws=4096, seed=0)
    assert found.is_good
    assert found.covered >= 0.9
    assert found.crps < found.exponential_crps / 2


def test_crps_by_hand() -> None:
    # Two draws, 1 and 3, and 2 came: E|X-y| = 1, E|X-X'|/2 = 0.5.
    assert crps(np.array([3.0, 1.0]), 2.0) == pytest.approx(0.5)
    assert crps(np.full(5, 7.0), 4.0) == pytest.approx(3.0)


def test_a_backtest_without_a_past_is_refused(tmp_path: Path) -> None:
    series = Series(days=(date(2020, 1, 1), date(2021, 1, 1)), values=(1.0, 2.0))
    with pytest.raises(BadInput, match="it takes three and one"):
        backtest(series, cut=date(2022, 1, 1), draws=64, seed=0)
    (tmp_path / "x.csv").write_text("Date,Size\n2020-01-01,7\n")
    with pytest.raises(BadInput, match="no column 'Bytes'; its columns are: Date, Size"):
        read_series(tmp_path / "x.csv", column="Bytes", date_column="Date")
