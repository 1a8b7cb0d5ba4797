"""A scenario is checked at the door: everything that is wrong, at once, with its key."""

from __future__ import annotations

import math
import statistics
from datetime import date
from pathlib import Path

import pytest

from capacity.laws import Lognormal, Point
from capacity.scenario_reading import read_scenario
from capacity.sizes import MINIMUM_IMAGES
from holdings.errors import BadInput
from tests.capacity.holdings import deposit_images
from tests.capacity.scenarios import DOUBTFUL, PLAIN, STORES, a_scenario, sheet, write_scenario
from tests.kit.houses import a_house


def test_a_plain_scenario(tmp_path: Path) -> None:
    scenario = a_scenario(tmp_path)
    assert (scenario.start, scenario.months, scenario.currency) == (date(2027, 1, 1), 7, "EUR")
    assert [store.name for store in scenario.stores] == ["hot", "cold"]
    assert scenario.deposit_store == "hot"
    (kind,) = scenario.object_types
    assert kind.is_exact
    assert (kind.collection, kind.bag_bytes) == ("sheet", 97e6)
    assert kind.image_bytes.law == Point(13e6)


def test_every_number_tells_its_source_or_that_it_has_none(tmp_path: Path) -> None:
    inputs = {item.name: item for item in a_scenario(tmp_path, DOUBTFUL).inputs}
    overhead = inputs["object_types.sheet.packaging_overhead"]
    assert (overhead.source, overhead.dated, overhead.confidence) == (
        "BagIt manifests",
        date(2026, 1, 1),
        "assumed",
    )
    rate = inputs["object_types.sheet.objects_per_month"]
    assert (rate.source, rate.written) == (None, "500 to 900")
    assert list(inputs).count("price_drift_per_year") == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("months = 7", "years = 1\nmonths = 7", "not both"),
        ("months = 7", "", "years or months"),
        ("months = 7", "months = 0", "months"),
        ('start = "2027-01"', 'start = "2027-13"', "a month is written"),
        ('currency = "EUR"', 'currency = "USD"', "is USD, and the price sheet of store 'hot' is in EUR"),
        ('currency = "EUR"', 'curency = "EUR"', "did you mean 'currency'"),
        ("images_per_object = 3", "image_per_object = 3", "did you mean 'images_per_object'"),
        ("images_per_object = 3", "growth_per_year = -1", "above -100 %"),
        ('bag_bytes = "97 MB"', 'bag_bytes = "97"', "lacks a unit"),
        ('bag_bytes = "97 MB"', "bag_bytes = 0", "at least one byte"),
        ('bag_bytes = "97 MB"', 'bag_bytes = "1e19 B"', "more than 1e"),
        ('image_bytes = "13 MB"', "image_bytes = 13", "13 lacks a unit"),
        ('start = "2027-01"', 'start = "9999-12"', "begins between 1990 and 2200"),
        ('start = "2027-01"', 'start = "0001-01"', "begins between 1990 and 2200"),
        ('title = "Primes"', 'title = " "', "title"),
        (
            "images_per_object = 3",
            'growth_per_year = "-90 % to 90 %"',
            "in its tail and takes everything away",
        ),
        (
            "images_per_object = 3",
            'growth_per_year = "5000 %"',
            "reaches 5000% a year; a rate is at most 1000%",
        ),
        ("11", '{ source = "a book", date = 2026-01-01 }', "lacks the value itself"),
        ('policy = "policy.toml"', 'policy = "other.toml"', "policy cannot be used"),
        ('policy = "policy.toml"', 'policy = "policy.toml"\ndeposit_store = "hit"', "did you mean 'hot'"),
        ('image_bytes = "13 MB"', "", "image_bytes is missing"),
        ('image_bytes = "13 MB"', 'image_bytes = { from = "catalogue" }', "no house is open"),
        ('image_bytes = "13 MB"', 'image_bytes = { from = "catalog" }', "it reads"),
        ('image_bytes = "13 MB"', 'image_bytes = { form = "catalogue" }', "did you mean 'from'"),
        ("11", '{ value = 11, source = "a book", confidence = "published" }', "has a source and a date"),
        ("11", '{ value = 11, sauce = "a book" }', "did you mean 'source'"),
        ("11", '{ value = 11, confidence = "sure" }', "confidence is one of"),
        ("11", "{ p10 = 9, p50 = 5, p90 = 11 }", r"p10 \(9\) is above p50 \(5\)"),
        ("11", "-11", "not below zero"),
        ("[object_types.sheet]", "durability.copy_loss_per_year = 1.5\n[object_types.sheet]", "at most 1"),
        (
            "[object_types.sheet]",
            'durability.site_shock_per_year = "0.1 to 0.9"\n[object_types.sheet]',
            "in its tail, and a probability is at most 1",
        ),
    ],
)
def test_refused_naming_the_file_and_the_rule(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in PLAIN
    path = write_scenario(tmp_path, PLAIN.replace(old, new))
    with pytest.raises(BadInput, match=says) as refusal:
        read_scenario(path, house=None)
    assert "scenario.toml" in refusal.value.sentence


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = PLAIN.replace("images_per_object = 3", "imags = 3").replace("11", "-11").replace('"13 MB"', '"13"')
    with pytest.raises(BadInput, match="breaks 3 rules") as refusal:
        read_scenario(write_scenario(tmp_path, text), house=None)
    for key in ("object_types.sheet.imags", "objects_per_month", "image_bytes"):
        assert key in refusal.value.sentence


def test_a_policy_that_names_a_tier_without_stores_is_refused(tmp_path: Path) -> None:
    stores = STORES.replace('tier = "cold"', 'tier = "colt"')
    with pytest.raises(BadInput, match="names the tier 'cold', which no store of the scenario has"):
        a_scenario(tmp_path, stores=stores)


def test_a_policy_that_wants_more_copies_than_there_are_stores_is_refused(tmp_path: Path) -> None:
    path = write_scenario(tmp_path)
    policy = tmp_path / "policy.toml"
    policy.write_text(policy.read_text().replace("cold = 1", "cold = 2"))
    with pytest.raises(BadInput, match="wants 2 copies in tier 'cold', which has 1 stores"):
        read_scenario(path, house=None)


def test_a_price_sheet_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"stores\.cold\.price_sheet cannot be used") as refusal:
        a_scenario(tmp_path, stores=STORES.replace("cold.toml", "gold.toml"))
    assert "names the tier" not in refusal.value.sentence  # the store is there, its prices are not


def test_without_stores_of_its_own_a_scenario_fills_those_of_the_house(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        path = write_scenario(tmp_path, PLAIN, stores="")
        scenario = read_scenario(path, house=house)
    assert [(store.name, store.tier, store.sheet.name) for store in scenario.stores] == [
        ("hot", "hot", "local-disk"),
        ("cold", "cold", "local-cold"),
    ]
    with pytest.raises(BadInput, match="stores are missing"):
        read_scenario(path, house=None)


def test_the_template_is_a_scenario_and_all_of_its_numbers_have_a_source(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        scenario = read_scenario(tmp_path / "scenario.toml", house=house)
    assert scenario.months == 120
    assert [item.name for item in scenario.inputs if item.source is None] == []
    assert scenario.object_types[0].image_bytes.confidence == "assumed"  # its spread is nobody's figure


FROM_CATALOGUE = PLAIN.replace('"13 MB"', '{ from = "catalogue", collection = "herb" }')


def test_sizes_are_measured_on_the_images_of_the_catalogue(tmp_path: Path) -> None:
    sizes = [2_000_000, 3_000_000, 5_000_000, 7_000_000, 11_000_000, 13_000_000, 17_000_000, 19_000_000]
    with a_house(tmp_path) as house:
        deposit_images(house, sizes, collection="herb")
        deposit_images(house, [1], collection="other")
        scenario = read_scenario(write_scenario(tmp_path, FROM_CATALOGUE), house=house)
        catalogue_id = house.catalogue.catalogue_id
    (kind,) = scenario.object_types
    assert scenario.catalogue_id == catalogue_id
    assert isinstance(kind.image_bytes.law, Lognormal)
    law, doubt = kind.image_bytes.law, kind.image_bytes_doubt.law
    assert law.moment(1) == pytest.approx(statistics.mean(sizes)), "what was measured adds up to what it is"
    assert law.moment(2) - law.moment(1) ** 2 == pytest.approx(statistics.variance(sizes))
    error = statistics.stdev(sizes) / statistics.mean(sizes) / math.sqrt(8)
    assert doubt.moment(2) - 1 == pytest.approx(error**2)
    assert kind.image_bytes.confidence == kind.image_bytes_doubt.confidence == "measured"
    assert "8 images of collection herb" in str(kind.image_bytes.source)
    assert kind.image_bytes_doubt.law.moment(1) == pytest.approx(1)
    assert not kind.is_exact


def test_too_few_images_are_refused_saying_how_many_it_takes(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        deposit_images(house, [5_000_000] * (MINIMUM_IMAGES - 1), collection="herb")
        path = write_scenario(tmp_path, FROM_CATALOGUE)
        with pytest.raises(BadInput, match="holds 7 images, and sizes are measured on 8 or more"):
            read_scenario(path, house=house)


def test_the_demo_measures_its_own_collection(tmp_path: Path) -> None:
    demo = Path(__file__).resolve().parents[2] / "service" / "demo" / "scenario.toml"
    with a_house(tmp_path) as house:
        deposit_images(house, [5_000_000 + n for n in range(12)], collection="demo-made-up")
        path = tmp_path / "demo-scenario.toml"
        path.write_text(demo.read_text())
        scenario = read_scenario(path, house=house)
    assert all(
        item.source for item in scenario.inputs if item.name.endswith(("month", "year", "image_bytes"))
    )


def test_a_sheet_in_another_currency_is_refused(tmp_path: Path) -> None:
    path = write_scenario(tmp_path)
    (tmp_path / "cold.toml").write_text(sheet("cold", storage_per_gb_month=1).replace("EUR", "USD"))
    with pytest.raises(BadInput, match="store 'cold' is in USD"):
        read_scenario(path, house=None)
