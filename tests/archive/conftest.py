"""A house with two local folders, and a small folder of pictures to deposit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdings.house import House
from tests.kit.houses import a_house
from tests.kit.pictures import write_pictures


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "house"
    folder.mkdir()
    with a_house(folder) as house:
        yield house


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three pictures, one of them in a folder, and a table."""
    folder = tmp_path / "source"
    write_pictures(folder, 2)
    write_pictures(folder / "drawer 1", 1, seed=1)
    (folder / "records.csv").write_text("catalogNumber\n1\n")
    return folder
