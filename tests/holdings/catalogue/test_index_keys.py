"""The keys of a segment are found wherever they lie in it, and nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.catalogue.index_lookup import _Keys

KEYS = st.text(st.sampled_from("ab/\u00e9\U0001f98b"), min_size=1, max_size=4)


@given(
    pairs=st.lists(st.tuples(KEYS, st.sampled_from("xyz"))),
    probes=st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=3),
)
def test_it_finds_what_a_look_at_every_row_finds(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], probes: list[tuple[str, bool]]
) -> None:
    segment = written(tmp_path_factory.mktemp("keys") / "s.parquet", pairs)
    wanted = {
        package
        for key, package in pairs
        for probe, is_beginning in probes
        if (key.startswith(probe) if is_beginning else key == probe)
    }
    assert set(_Keys(segment).packages_with(probes)) == wanted


def test_only_the_row_groups_that_can_hold_it_are_read(tmp_path: Path) -> None:
    """Though all begin alike, as addresses do."""
    pairs = [(f"https://example.org/object/{number:04}", "x") for number in range(300)]
    keys = _Keys(written(tmp_path / "s.parquet", pairs))
    assert list(keys._groups_with(("https://example.org/object/0150", False))) == [50]
    assert list(keys._groups_with(("https://example.org/object/015", True))) == [50, 51, 52, 53]
    assert list(keys._groups_with(("https://example.org/z", True))) == []


def written(path: Path, pairs: list[tuple[str, str]]) -> Path:
    """In order of the bytes, three rows to a group."""
    rows = sorted(pairs, key=lambda pair: (pair[0].encode(), pair[1]))
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(2)]
    pq.write_table(pa.table(columns, names=["key", "package_id"]), path, row_group_size=3)
    return path
