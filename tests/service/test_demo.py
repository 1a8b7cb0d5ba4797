"""The whole journey on made-up specimens, and again, and after a kill."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kit.commands import holdfast, killed
from tests.test_readme import sessions, shape


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the demo printed."""
    return []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    ran = holdfast("demo", "demo", folder=folder)
    assert ran.status == 0, ran.err
    assert str(folder / "demo/report.html") in ran.out
    said.append(ran.out)
    return folder / "demo"


@pytest.mark.usefixtures("made")
def test_the_readme_shows_what_the_demo_prints(said: list[str]) -> None:
    (shown,) = [output for each in sessions() for command, output in each if command == "holdfast demo demo"]
    assert shape(said[0]) == shape(shown)


def test_the_report_has_pictures_and_asks_nobody(made: Path) -> None:
    page = (made / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "made up" in page.lower()
    assert "default-src 'none'" in page, "its own policy lets nothing in"
    assert 'src="http' not in page


def test_what_the_demo_claims_is_held(made: Path) -> None:
    assert len(holdfast("find", "--json", folder=made).json) == 12
    assert holdfast("tier", "status", "--now", "+400d", folder=made).status == 0


def test_a_finished_demo_finds_everything_done(made: Path) -> None:
    again = holdfast("demo", made, "--json", folder=made.parent)
    assert again.status == 0, again.err
    assert (again.json["images"], again.json["good"]) == (12, True)
    assert "was already held" in again.err
    assert len(list((made / "stores/hot/packages").iterdir())) == 1


@pytest.mark.parametrize("content", ["holdfast.toml", "photo.tif"])
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / content).write_text("mine")
    ran = holdfast("demo", ".", folder=tmp_path)
    assert ran.status == 2
    assert "no demo made" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == [content]


@pytest.mark.soak
def test_a_demo_that_is_killed_ten_times_finishes(tmp_path: Path) -> None:
    moments = random.Random(5)
    for _ in range(10):
        assert killed("demo", "demo", folder=tmp_path, after_seconds=moments.uniform(0.5, 12)).status in (
            0,
            -9,
        )
    ran = holdfast("demo", "demo", "--json", folder=tmp_path)
    assert ran.status == 0, ran.err
    assert ran.json["images"] == 12
    assert holdfast("catalogue", "check", folder=tmp_path / "demo").status == 0
