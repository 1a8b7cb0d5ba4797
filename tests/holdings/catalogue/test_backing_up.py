"""A backup is used by pointing to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from holdings.catalogue.backing_up import SUMS_NAME, backup_catalogue
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.errors import BadInput
from holdings.opening import open_house
from holdings.settings import read_settings
from tests.holdings.catalogue.fakes import hold
from tests.holdings.catalogue.test_rebuilding import everything
from tests.kit import houses
from tests.kit.engines import Engine
from tests.kit.houses import a_house, with_catalogue


def test_a_backup_is_the_catalogue(tmp_path: Path, engine: Engine) -> None:
    with a_house(tmp_path / "house") as house:
        hold(house, "nhm-a", "hot", "cold")
        backed_up = backup_catalogue(house.settings, tmp_path / "backups" / "monday")
        before = everything(house)
        hold(house, "nhm-b", "hot")
        path = house.settings.path
    there = f'path = "{backed_up.catalogue}"'
    text = path.read_text() if houses.CATALOGUE is None else path.read_text().replace(houses.CATALOGUE, there)
    path.write_text(with_catalogue(text, there))
    with open_house(read_settings(path)) as restored:
        assert everything(restored) == before
    assert backed_up.files == 3
    assert [item.name for item in backed_up.folder.parent.iterdir()] == ["monday"]


def test_its_sums_tell_whether_it_is_still_what_was_written(tmp_path: Path) -> None:
    with a_house(tmp_path / "house") as house:
        hold(house, "nhm-a", "hot")
        folder = backup_catalogue(house.settings, tmp_path / "b").folder
    words = ["sha256sum", "--check", "--strict", "--quiet", SUMS_NAME]
    assert subprocess.run(words, cwd=folder, check=False).returncode == 0
    (folder / "index" / "nhm-a.parquet").write_bytes(b"rotten")
    assert subprocess.run(words, cwd=folder, check=False, capture_output=True).returncode == 1


def test_a_backup_replaces_nothing(tmp_path: Path) -> None:
    with a_house(tmp_path / "house") as house:
        (tmp_path / "b").mkdir()
        with pytest.raises(BadInput, match="already"):
            backup_catalogue(house.settings, tmp_path / "b")


def test_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with a_house(tmp_path / "house") as house:
        house.settings.catalogue.path.unlink()
        with pytest.raises(BadInput, match="no catalogue"):
            backup_catalogue(house.settings, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_the_source_is_untouched(tmp_path: Path) -> None:
    with a_house(tmp_path / "house") as house:
        hold(house, "nhm-a", "hot")
        before = everything(house)
        backed_up = backup_catalogue(house.settings, tmp_path / "b")
        assert everything(house) == before
        assert DuckDBCatalogue(backed_up.catalogue).catalogue_id == before.catalogue_id
