"""Two commands at once: the second waits, says so, and gives up only after its time-out."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.interface import Entry
from holdings.errors import CatalogueBusy, Unavailable
from holdings.observing import Happening, Waiting
from tests.holdings.catalogue.light import an_event, new_catalogue

_HOLD_GATE = """
    from holdings.catalogue.duckdb import DuckDBCatalogue
    with DuckDBCatalogue(path).batch():
        print("held", flush=True)
        time.sleep(seconds)
"""
_HOLD_FILE = """
    import duckdb
    with duckdb.connect(path):
        print("held", flush=True)
        time.sleep(seconds)
"""
_RECORD = """
    from holdings.catalogue.duckdb import DuckDBCatalogue
    from holdings.catalogue.interface import Entry
    from tests.holdings.catalogue.light import an_event
    catalogue = DuckDBCatalogue(path, wait_seconds=30)
    print("held", flush=True)
    for number in range(int(seconds)):
        catalogue.record(Entry(events=[an_event("nhm-a")]))
        catalogue.copies()
"""


def a_process(path: Path, body: str, seconds: float) -> subprocess.Popen[str]:
    head = f"import time\nfrom pathlib import Path\npath, seconds = Path({str(path)!r}), {seconds}\n"
    process = subprocess.Popen(
        [sys.executable, "-c", head + textwrap.dedent(body)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@contextmanager
def held(path: Path, body: str, seconds: float) -> Iterator[None]:
    process = a_process(path, body, seconds)
    try:
        yield
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("body", [_HOLD_GATE, _HOLD_FILE], ids=["another_command", "another_program"])
def test_the_second_waits_and_says_so(tmp_path: Path, body: str) -> None:
    path = tmp_path / "c.duckdb"
    new_catalogue(path)
    told: list[Happening] = []
    with held(path, body, 1.5):
        DuckDBCatalogue(path, wait_seconds=20, observer=told.append).record(Entry(events=[an_event("nhm-a")]))
    waits = [happening for happening in told if isinstance(happening, Waiting)]
    assert waits
    assert "c.duckdb" in waits[0].what
    assert 0 < waits[0].seconds_left < 20
    assert len(DuckDBCatalogue(path).events()) == 1


@pytest.mark.parametrize("body", [_HOLD_GATE, _HOLD_FILE], ids=["another_command", "another_program"])
def test_it_gives_up_after_its_time(tmp_path: Path, body: str) -> None:
    path = tmp_path / "c.duckdb"
    new_catalogue(path)
    with held(path, body, 60), pytest.raises(CatalogueBusy, match=r"more than 0\.3 seconds"):
        DuckDBCatalogue(path, wait_seconds=0.3).packages()


def test_readers_do_not_wait_for_readers(tmp_path: Path) -> None:
    path = tmp_path / "c.duckdb"
    catalogue = new_catalogue(path)
    with catalogue._visit(), catalogue._visit():
        assert DuckDBCatalogue(path, wait_seconds=0).packages() == []


def test_many_writers_all_get_their_turn(tmp_path: Path) -> None:
    path = tmp_path / "c.duckdb"
    catalogue = new_catalogue(path)
    writers = [a_process(path, _RECORD, 6) for _ in range(3)]
    for writer in writers:
        writer.communicate(timeout=50)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(catalogue.events()) == 18


def test_a_folder_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "c.duckdb"
    catalogue = new_catalogue(path)
    lock = path.with_name("c.duckdb.lock")
    lock.unlink()
    lock.mkdir()
    with pytest.raises(Unavailable, match="cannot be used"):
        catalogue.packages()
