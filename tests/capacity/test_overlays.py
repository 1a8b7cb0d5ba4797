"""Scenarios laid over one another, and those that come with Holdfast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capacity.canning import canned, opened
from capacity.engine import build_model, simulate
from capacity.overlays import find_scenario, lay, shipped_names
from capacity.scenario import Scenario
from capacity.scenario_reading import read_scenario
from holdings.errors import BadInput, Corrupt
from tests.capacity.scenarios import DOUBTFUL, PLAIN, a_scenario, sheet, write_scenario

NAMES = ("ct-heavy", "europe-dissco", "one-herbarium")


def test_an_overlay_says_only_what_differs(tmp_path: Path) -> None:
    write_scenario(tmp_path, DOUBTFUL)
    (tmp_path / "above").mkdir()
    over = tmp_path / "above" / "over.toml"
    over.write_text(
        'extends = "../scenario.toml"\ntitle = "Over"\n[object_types.slide]\nobjects_per_month = 41\n'
    )
    below, above = (read_scenario(path, house=None) for path in (tmp_path / "scenario.toml", over))
    assert (above.title, above.months, above.policy) == ("Over", below.months, below.policy)
    assert [kind.objects_per_month.written for kind in above.object_types] == ["500 to 900", "41"]
    assert above.object_types[1].image_bytes == below.object_types[1].image_bytes
    assert below.text in above.text
    assert over.read_text() in above.text


def test_several_bases_are_laid_in_their_order(tmp_path: Path) -> None:
    write_scenario(tmp_path)
    (tmp_path / "a.toml").write_text("months = 3\n")
    (tmp_path / "b.toml").write_text("months = 5\ndeposit_day = 2\n")
    top = tmp_path / "top.toml"
    top.write_text('extends = ["scenario.toml", "a.toml", "b.toml"]\ndeposit_day = 9\n')
    scenario = read_scenario(top, house=None)
    assert (scenario.months, scenario.deposit_day) == (5, 9)


def test_a_circle_is_refused_and_told(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{name}.toml").write_text(f'extends = "{other}.toml"\n')
    with pytest.raises(
        BadInput, match=r"lies over itself: a.toml extends b.toml extends c.toml extends a.toml"
    ):
        lay(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("written", "says"), [('"scenaro.toml"', "did you mean 'scenario.toml'"), ("7", "a list")]
)
def test_a_base_that_is_none_is_refused(tmp_path: Path, written: str, says: str) -> None:
    write_scenario(tmp_path)
    (tmp_path / "over.toml").write_text(f"extends = {written}\n")
    with pytest.raises(BadInput, match=says):
        lay(tmp_path / "over.toml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("11", "11\nmaster_format = 'tif'", "'tif', which is no format"),
        ("11", "11\nderivatives = ['thumb']", "names 'thumb', which is no derivative"),
        ('"13 MB"', '"13 MB"\npixels = "5 MP"', "both say how large"),
        ('"13 MB"', '"13 MB"\nimage_bytes_mean = "5 MB"\nimage_bytes_doubt = 2', "both say what is not"),
        ("objects_per_month = 11", "", "is missing, and no line digitises"),
        ('"97 MB"', "'97 MB'\n[lines.x]\nobject_type = 'shet'\nobjects_per_day = 2", "did you mean 'sheet'"),
        ("11", "11\n[staff]\nftes = 2", "did you mean 'fte'"),
        ("11", "11\n[network]\noutage_days = -1", "not below zero"),
        ("11", "11\n[audit]\nhash = '5 TB'", "no unit here"),
    ],
)  # fmt: skip
def test_refused_with_the_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        a_scenario(tmp_path, PLAIN.replace(old, new, 1))


RAMP = """
[lines.x]
object_type = "sheet"
objects_per_day = 2
[institutions.a]
lines = { x = 1 }
ramp = { midpoint_years = %s, width_years = %s }
"""


@pytest.mark.parametrize(
    ("midpoint", "width", "says"),
    [("99", "1", "never ends"), ("2", '"1 to 900"', "never ends"), ("2", "0", "above zero"),
     ("inf", "1", "finite")],
)  # fmt: skip
def test_a_ramp_that_never_ends_is_refused(tmp_path: Path, midpoint: str, width: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        a_scenario(tmp_path, PLAIN + RAMP % (midpoint, width))


def test_correlations_that_contradict_one_another_are_refused(tmp_path: Path) -> None:
    names = [
        f"object_types.sheet.{name}" for name in ("objects_per_month", "growth_per_year", "image_bytes_doubt")
    ]
    pairs = [(names[0], names[1], 0.9), (names[1], names[2], 0.9), (names[0], names[2], -0.9)]
    text = "".join(f'[[correlations]]\nbetween = ["{a}", "{b}"]\nrho = {rho}\n' for a, b, rho in pairs)
    with pytest.raises(BadInput, match="contradict"):
        a_scenario(tmp_path, DOUBTFUL + text)
    with pytest.raises(BadInput, match=r"did you mean .*growth_per_year"):
        a_scenario(tmp_path, DOUBTFUL + text.replace("growth_per_year", "growth_per_yea"))


def test_another_currency_takes_a_rate(tmp_path: Path) -> None:
    path = write_scenario(tmp_path)
    cold = tmp_path / "cold.toml"
    euros = simulate(build_model(read_scenario(path, house=None)), seed=0, block=0, draws=1).cost
    cold.write_text(cold.read_text().replace("EUR", "USD"))
    path.write_text(path.read_text() + "\n[exchange_rates]\nUSD = 0.5\n")
    mixed = simulate(build_model(read_scenario(path, house=None)), seed=0, block=0, draws=1).cost
    assert mixed[:, 0].tolist() == euros[:, 0].tolist()
    assert mixed[:, 1] == pytest.approx(0.5 * euros[:, 1])


def test_those_that_come_with_holdfast_are_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tuple(shipped_names()) == NAMES
    for named in ("europe-dissco", "europe-dissco.toml", "scenarios/europe-dissco.toml"):
        assert find_scenario(Path(named)).name == "europe-dissco.toml"
    assert find_scenario(Path("else/europe-dissco.toml")) == Path("else/europe-dissco.toml")
    with pytest.raises(BadInput, match="There is no"):
        read_scenario(Path("europe"), house=None)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_that_is_shipped_has_a_source(name: str) -> None:
    scenario = read_scenario(Path(name), house=None)
    bare = {item.name for item in scenario.inputs if item.source is None and item.written != "0"}
    assert bare <= {f"object_types.{kind.name}.images_per_object" for kind in scenario.object_types}
    assert all(item.dated for item in scenario.inputs if item.source)


def test_europe_is_what_is_known_of_it() -> None:
    scenario = read_scenario(Path("europe-dissco"), house=None)
    assert sum(each.count for each in scenario.institutions) == 175
    assert (len(scenario.object_types), scenario.months) == (10, 360)
    most = sum(kind.objects_at_most.law.moment(1) for kind in scenario.object_types)
    assert most == pytest.approx(1.5e9, rel=0.05)


def test_a_scenario_can_be_kept_as_text(tmp_path: Path) -> None:
    for scenario in (a_scenario(tmp_path, DOUBTFUL), read_scenario(Path("europe-dissco"), house=None)):
        again = opened(canned(scenario))
        assert canned(again) == canned(scenario)
        assert isinstance(again, Scenario)
        assert again.policy.sha256 == scenario.policy.sha256
    with pytest.raises(Corrupt):
        opened('{"class": "Path"}')
    with pytest.raises(Corrupt):
        opened('{"class": "Point", "value": 3}')


MIX = {  # share, images, MB per image: the modes and triangles of the seed table
    "insects": (0.55, (1, 2, 3), (54, 72, 151)),
    "plants": (0.25, (1, 1, 2), (90, 108, 303)),
    "molluscs": (0.09, (1, 2, 4), (54, 72, 151)),
    "fossils": (0.07, (1, 2, 6), (54, 72, 151)),
    "slides": (0.04, (1, 1.2, 3), (40, 100, 151)),
    "vertebrates": (0.025, (2, 4, 8), (72, 100, 151)),
    "minerals": (0.015, (1, 2, 6), (54, 72, 151)),
}
FORMATS = {"uncompressed": "1", "lossless": "{ low = 0.40, mode = 0.50, high = 0.65 }",
           "lossy": "{ low = 0.03, mode = 0.07, high = 0.15 }"}  # fmt: skip


@pytest.mark.parametrize(("form", "petabytes"), [("uncompressed", 313), ("lossless", 156), ("lossy", 25)])
def test_europe_lands_where_others_landed(tmp_path: Path, form: str, petabytes: float) -> None:
    """1.5 billion objects in two dimensions, one copy, twenty years: the medians of the three policies."""
    whole = sum(share for share, _, _ in MIX.values())
    text = 'title = "E"\nstart = "2027-01"\nyears = 20\ncurrency = "EUR"\nprice_year = 2026\n'
    text += 'policy = "policy.toml"\n'
    text += f'master_format = "{form}"\n[formats.{form}]\nratio = {FORMATS[form]}\n'
    for name, (share, images, sizes) in MIX.items():
        text += f"[object_types.{name}]\nobjects_per_month = {1.5e9 * share / whole / 240}\n"
        text += "images_per_object = {{ low = {}, mode = {}, high = {} }}\n".format(*images)
        text += 'image_bytes_mean = {{ low = "{} MB", mode = "{} MB", high = "{} MB" }}\n'.format(*sizes)
    (tmp_path / "policy.toml").write_text(
        '[[rules]]\nname = "one"\nwhere = "true"\ncopies = { hot = 1 }\nbecause = "one copy"\n'
    )
    (tmp_path / "hot.toml").write_text(sheet("hot", storage_per_gb_month="0.002"))
    path = tmp_path / "scenario.toml"
    path.write_text(text + '[stores.hot]\ntier = "hot"\ndomain = "here"\nprice_sheet = "hot.toml"\n')
    held = simulate(build_model(read_scenario(path, house=None)), seed=0, block=0, draws=2048).bytes_held[
        -1, 0
    ]
    assert float(np.median(held)) / 1e15 == pytest.approx(petabytes, rel=0.1)
