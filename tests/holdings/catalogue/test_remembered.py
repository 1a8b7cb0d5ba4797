"""What the ledger said is kept while its file is what it was, and never a moment longer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.catalogue import remembered
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.index import index_bytes
from holdings.catalogue.index_query import ImageQuery, Withdrawn
from holdings.catalogue.interface import Entry
from holdings.catalogue.recorded import Row
from holdings.catalogue.remembered import RememberedPackages, stamp_of
from tests.holdings.catalogue.fakes import a_package
from tests.holdings.catalogue.light import new_catalogue
from tests.kit.houses import TEST_TIME


@pytest.fixture
def catalogue(tmp_path: Path) -> DuckDBCatalogue:
    made = new_catalogue(tmp_path / "c.duckdb")
    record(made, "nhm-a")
    return made


def record(catalogue: DuckDBCatalogue, name: str) -> None:
    package, _, images = a_package(name, at=TEST_TIME)
    catalogue.images.add(name, index_bytes(images))
    catalogue.record(Entry(packages=[package]))


def settle(catalogue: DuckDBCatalogue, *, seconds: float) -> None:
    """As if the file had been written so long ago."""
    status = catalogue.path.stat()
    os.utime(catalogue.path, (status.st_atime, status.st_mtime - seconds))


def found(catalogue: DuckDBCatalogue, specimen: str) -> int:
    return sum(batch.num_rows for batch in catalogue.images.search(ImageQuery(identifier=specimen)))


def visits(catalogue: DuckDBCatalogue, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one each time the catalogue's file is opened from now on."""
    opened: list[str] = []
    enter = DuckDBCatalogue._enter

    def counted(self: DuckDBCatalogue, *words: object, **named: object) -> object:
        opened.append("opened")
        return enter(self, *words, **named)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(DuckDBCatalogue, "_enter", counted)
    return opened


def test_after_the_second_question_the_file_is_not_opened(
    catalogue: DuckDBCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(catalogue, seconds=60)
    for _ in range(2):
        assert found(catalogue, "nhm-a.1") == 1
    opened = visits(catalogue, monkeypatch)
    for _ in range(3):
        assert found(catalogue, "nhm-a.1") == 1
    assert opened == []


def test_a_file_that_was_written_just_now_is_opened_each_time(
    catalogue: DuckDBCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_SETTLED_SECONDS", 3600)
    opened = visits(catalogue, monkeypatch)
    for _ in range(3):
        assert found(catalogue, "nhm-a.1") == 1
    assert len(opened) >= 3


def test_what_another_recorded_is_found(catalogue: DuckDBCatalogue) -> None:
    settle(catalogue, seconds=60)
    for _ in range(3):
        assert found(catalogue, "nhm-b.1") == 0
    record(DuckDBCatalogue(catalogue.path), "nhm-b")
    settle(catalogue, seconds=30)
    for _ in range(3):
        assert found(catalogue, "nhm-b.1") == 1


def test_what_is_written_and_not_yet_in_the_file_is_not_passed_over(catalogue: DuckDBCatalogue) -> None:
    settle(catalogue, seconds=60)
    assert stamp_of(catalogue.path) is not None
    catalogue.path.with_name("c.duckdb.wal").touch()
    assert stamp_of(catalogue.path) is None


def test_a_batch_of_one_s_own_is_not_passed_over(catalogue: DuckDBCatalogue) -> None:
    settle(catalogue, seconds=60)
    for _ in range(3):
        assert found(catalogue, "nhm-b.1") == 0
    with catalogue.batch():
        record(catalogue, "nhm-b")
        assert found(catalogue, "nhm-b.1") == 1


class Ledger:
    """The answers of a ledger, in memory, by the book."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    @contextmanager
    def moment(self) -> Iterator[None]:
        yield

    def rows(self, *, at_most: int) -> dict[str, Row]:
        return {name: Row("nhm", name) for name in self.names}

    def withdrawn(self) -> Withdrawn:
        return Withdrawn(packages=frozenset(), images=frozenset())


NAMES = st.text("ab-1", min_size=1, max_size=4)
KEYS = st.text("abAB-1.", max_size=6)


@given(names=st.lists(NAMES, unique=True), keys=st.lists(KEYS), is_open=st.booleans())
def test_packages_are_named_as_the_database_names_them(
    names: list[str], keys: list[str], is_open: bool
) -> None:
    told = RememberedPackages(Ledger(names), lambda: (1, 1, 1))  # type: ignore[arg-type]  # as much as is asked
    told.withdrawn()
    told.withdrawn()
    expected = {
        name
        for name in names
        for key in keys
        if key.lower().startswith(f"{name}.") or (is_open and name.startswith(key.lower()))
    }
    assert told.named_in([(key, is_open) for key in keys]) == sorted(expected)


def test_threads_that_open_the_file_at_once_are_all_answered(
    catalogue: DuckDBCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_SETTLED_SECONDS", 3600)

    def ask(_: int) -> int:
        return found(catalogue, "nhm-a.1")

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(120))) == {1}
