"""A file that is no catalogue any more says so, and says what to do."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import pytest

from holdings.catalogue.connecting import told
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.interface import Entry
from holdings.errors import Corrupt, Unavailable
from tests.holdings.catalogue.light import an_event, new_catalogue


def a_full_file(path: Path) -> bytes:
    catalogue = new_catalogue(path)
    catalogue.record(Entry(events=[an_event(f"nhm-{number}") for number in range(2000)]))
    return path.read_bytes()


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut_short", "another_duckdb_file"])
def test_no_catalogue(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "c.duckdb"
    data = a_full_file(path)
    if damage == "another_duckdb_file":
        path.unlink()
        with duckdb.connect(path) as connection:
            connection.execute("CREATE TABLE mine (x INTEGER)")
    else:
        path.write_bytes({"garbage": b"garbage" * 9999, "empty": b"", "cut_short": data[:5000]}[damage])
    with pytest.raises(Corrupt) as caught:
        DuckDBCatalogue(path).events()
    assert caught.value.hint is not None
    assert "rebuild" in caught.value.hint


def test_flipped_bytes_are_never_read_as_if_nothing_were(tmp_path: Path) -> None:
    path = tmp_path / "c.duckdb"
    data = a_full_file(path)
    whole = DuckDBCatalogue(path).events()
    flips = random.Random(1)
    met = 0
    for _ in range(12):
        damaged = bytearray(data)
        for _ in range(20):
            damaged[flips.randrange(len(damaged))] ^= 0xFF
        path.write_bytes(damaged)
        try:
            # What is not used may be damaged; what is told has to be true.
            assert DuckDBCatalogue(path).events() == whole
        except Corrupt:
            met += 1
    assert met


@pytest.mark.parametrize("reason", ["Operation not permitted", "Permission denied", "Read-only file system"])
def test_a_file_that_may_not_be_opened_is_not_called_damaged(tmp_path: Path, reason: str) -> None:
    """Whoever is told that it is damaged makes it again, and loses nothing but time; still, it is not."""
    path = tmp_path / "c.duckdb"
    with pytest.raises(Unavailable, match=reason), told(path):
        raise duckdb.IOException(f'IO Error: Cannot open file "{path}": {reason}')
