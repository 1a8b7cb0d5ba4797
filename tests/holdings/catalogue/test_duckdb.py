"""What is DuckDB's own; what every catalogue promises is in `test_contract.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.gate import Patience
from holdings.catalogue.interface import Entry
from holdings.catalogue.migrating import create_catalogue
from holdings.errors import BadInput, Conflict
from tests.holdings.catalogue.light import a_bare_package, new_catalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[DuckDBCatalogue]:
    made = new_catalogue(tmp_path / "c.duckdb")
    yield made
    made.close()


def test_a_batch_is_many_transactions_in_one_visit(catalogue: DuckDBCatalogue) -> None:
    with catalogue.batch():
        for name in ("nhm-a", "nhm-b"):
            catalogue.record(Entry(packages=[a_bare_package(name)]))
        assert len(catalogue.packages()) == 2
        with pytest.raises(Conflict):
            catalogue.record(Entry(packages=[a_bare_package("nhm-b", size_bytes=4)]))
        catalogue.record(Entry(packages=[a_bare_package("nhm-c")]))
    assert len(DuckDBCatalogue(catalogue.path).packages()) == 3


def test_a_missing_catalogue_is_never_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no catalogue") as caught:
        DuckDBCatalogue(tmp_path / "c.duckdb").packages()
    assert caught.value.hint is not None
    assert "rebuild" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_making_one_where_there_is_one_does_nothing(catalogue: DuckDBCatalogue) -> None:
    create_catalogue(catalogue.path, "1" * 32, patience=Patience(path=catalogue.path, seconds=1))
    assert catalogue.catalogue_id == "0" * 32
