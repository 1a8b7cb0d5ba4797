"""Nothing acknowledged is lost and nothing else is claimed, whenever the process dies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.journey.kills import Holdings, kill_applies, kill_deposits, kill_one_deposit
from tests.kit.pictures import write_heavy_pictures, write_pictures


@pytest.fixture
def local(tmp_path: Path) -> Holdings:
    holdings = Holdings(tmp_path / "house")
    holdings.folder.mkdir()
    assert holdings.run("init").status == 0
    return holdings


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    write_pictures(folder, 6)
    return folder


def test_a_few_killed_deposits_lose_and_invent_nothing(local: Holdings, source: Path) -> None:
    kill_deposits(local, source, kills=2, seed=1)


def test_a_few_killed_applies_lose_and_invent_nothing(local: Holdings, source: Path) -> None:
    kill_applies(local, source, kills=2, seed=2)


@pytest.mark.soak
def test_fifty_killed_deposits(local: Holdings, source: Path) -> None:
    write_pictures(source / "more", 12, size=(800, 600))
    kill_deposits(local, source, kills=50, seed=3)


@pytest.mark.soak
def test_fifty_killed_applies(local: Holdings, source: Path) -> None:
    write_pictures(source / "more", 12, size=(800, 600))
    kill_applies(local, source, kills=50, seed=4)


@pytest.mark.soak
def test_a_hundred_kills_of_one_deposit_of_2_gb(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """HOLDFAST_KILLS says how many, where a hundred take too long."""
    write_heavy_pictures(source / "heavy", 40, megabytes=50)

    def begin() -> Holdings:
        holdings = Holdings(tmp_path / "house")
        holdings.folder.mkdir()
        assert holdings.run("init").status == 0
        return holdings

    kills = int(os.environ.get("HOLDFAST_KILLS", "100"))
    tally = kill_one_deposit(begin, source, kills=kills, seed=5, bag_bytes="210 MB")
    assert tally.kills == kills
    with capsys.disabled():
        print(f"\n{tally}")
