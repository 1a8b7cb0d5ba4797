"""A backup comes back, and a catalogue moves from a file to a server and back with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from holdings.catalogue.backing_up import backup_catalogue
from holdings.catalogue.checking import check_catalogue
from holdings.catalogue.restoring import restore_catalogue
from holdings.errors import BadInput, CatalogueLost, Conflict, Corrupt
from holdings.house import House
from holdings.settings import read_settings
from tests.holdings.catalogue.fakes import hold
from tests.holdings.catalogue.test_rebuilding import a_full_life, everything
from tests.kit.engines import Engine, in_a_schema
from tests.kit.houses import a_house, with_catalogue
from tests.kit.postgres import Postgres


def a_backup(house: House, folder: Path) -> Path:
    a_full_life(house)
    return backup_catalogue(house.settings, folder / "backup").folder


def test_what_was_lost_is_what_it_was(tmp_path: Path, engine: Engine) -> None:
    with a_house(tmp_path / "house") as house:
        backup = a_backup(house, tmp_path)
        before = everything(house)
        engine.lose(house)
        restored = restore_catalogue(house.settings, backup)
        assert everything(house) == before
    assert (restored.packages, restored.images, restored.without_index) == (6, 12, ())


def test_a_catalogue_moves_to_a_server_and_back(tmp_path: Path, postgres: Postgres) -> None:
    with a_house(tmp_path / "house") as house:
        backup = a_backup(house, tmp_path)
        before = everything(house)
        path = house.settings.path
    in_a_file = path.read_text()
    path.write_text(with_catalogue(in_a_file, in_a_schema(postgres)))
    with pytest.raises(CatalogueLost, match="no catalogue, but the store 'hot' holds packages"):
        a_house(path.parent)
    shutil.rmtree(path.parent / "catalogue")
    restore_catalogue(read_settings(path), backup)
    with a_house(path.parent) as house:
        assert everything(house) == before
        hold(house, "nhm-new", "hot")
        after, again = everything(house), backup_catalogue(house.settings, tmp_path / "again").folder
    path.write_text(in_a_file)
    restore_catalogue(read_settings(path), again)
    with a_house(path.parent) as house:
        assert everything(house) == after
        assert not [each for each in check_catalogue(house).findings if "nhm-new" in each.sentence]


def test_it_replaces_nothing(tmp_path: Path, engine: Engine) -> None:
    with a_house(tmp_path / "house") as house:
        backup = a_backup(house, tmp_path)
        with pytest.raises(Conflict, match="replaces nothing"):
            restore_catalogue(house.settings, backup)


def test_a_backup_that_rotted_is_refused(tmp_path: Path) -> None:
    with a_house(tmp_path / "house") as house:
        backup = a_backup(house, tmp_path)
    (backup / "index" / "nhm-a.parquet").write_bytes(b"rotten")
    house.settings.catalogue.path.unlink()
    with pytest.raises(Corrupt, match=r"nhm-a\.parquet is not what was written"):
        restore_catalogue(house.settings, backup)
    assert not house.settings.catalogue.path.exists()


@pytest.mark.parametrize(
    "lines", ["", "nonsense", f"{'0' * 64}  ../c.duckdb\n", f"{'0' * 64}  /etc/c.duckdb"]
)
def test_what_is_no_backup_is_refused(tmp_path: Path, lines: str) -> None:
    with a_house(tmp_path / "house") as house:
        settings = house.settings
    folder = tmp_path / "none"
    folder.mkdir()
    with pytest.raises(BadInput, match="no backup"):
        restore_catalogue(settings, folder)
    (folder / "SHA256SUMS").write_text(lines)
    with pytest.raises(BadInput, match="not what holdfast catalogue backup writes"):
        restore_catalogue(settings, folder)


def test_a_backup_of_other_holdings_is_refused(tmp_path: Path) -> None:
    with a_house(tmp_path / "one") as house:
        backup = a_backup(house, tmp_path)
    with a_house(tmp_path / "other") as house:
        house.settings.catalogue.path.unlink()
    with pytest.raises(Conflict, match="other holdings"):
        restore_catalogue(house.settings, backup)
